from wecom.models.clock import Clock
from wecom.models.corp import AccessToken, Corp, CorpQuerySet, QuotaPolicy, ScopedQuerySet
from wecom.models.inbox import InboxEvent, Lane
from wecom.models.journal import EndpointHour, ErrorReply
from wecom.models.suspension import Suspension
from wecom.models.sync_run import SyncRun
from wecom.models.ticket import JsTicket
from wecom.models.window import EndpointWindow

__all__ = [
    "AccessToken",
    "Clock",
    "Corp",
    "CorpQuerySet",
    "EndpointHour",
    "EndpointWindow",
    "ErrorReply",
    "InboxEvent",
    "JsTicket",
    "Lane",
    "QuotaPolicy",
    "ScopedQuerySet",
    "Suspension",
    "SyncRun",
]
