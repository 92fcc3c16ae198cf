from wecom.models.clock import Clock
from wecom.models.corp import AccessToken, Corp, CorpQuerySet, QuotaPolicy, ScopedQuerySet
from wecom.models.inbox import InboxEvent, Lane
from wecom.models.sync_run import SyncRun
from wecom.models.window import EndpointWindow

__all__ = [
    "AccessToken",
    "Clock",
    "Corp",
    "CorpQuerySet",
    "EndpointWindow",
    "InboxEvent",
    "Lane",
    "QuotaPolicy",
    "ScopedQuerySet",
    "SyncRun",
]
