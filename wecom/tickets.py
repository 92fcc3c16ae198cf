"""The JS-SDK tickets of a corp and of its app, shared by all processes through one encrypted row each (doc 90506).

WeCom gives 400 an hour to a corp and 100 to an app, so every page view asking for one would run dry.
"""

from collections.abc import Callable

from wecom import clock, leases
from wecom.leases import Place
from wecom.models import Corp, JsTicket
from wecom.payloads import TicketAnswer

ENDPOINTS = {JsTicket.Kind.CORP: "get_jsapi_ticket", JsTicket.Kind.APP: "ticket/get"}


def ticket(corp: Corp, kind: JsTicket.Kind, fetch: Callable[[], TicketAnswer]) -> str:
    """The ticket in use, or a new one: `fetch` makes the one call and raises WeComError, which goes to our caller."""
    row = JsTicket.objects.filter(corp=corp, kind=kind).first()
    if row and row.expires_at and row.expires_at > clock.now():
        return str(row.ticket)

    def lent() -> tuple[str, int]:
        answer = fetch()
        return answer.ticket, answer.expires_in

    place = Place(JsTicket, "ticket_sealed", {"corp_id": corp.pk, "kind": kind.value})
    return leases.renew(place, row.version if row else 0, lent, ENDPOINTS[kind], "JS-SDK ticket")[0]
