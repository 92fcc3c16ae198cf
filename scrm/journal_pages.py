"""The API journal: what was asked of WeCom, how it answered, and how much of its limits is used."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from scrm.filters import JournalFilter
from staff.access import admins
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom import activity, clock
from wecom.limits import HOUR, MINUTE
from wecom.models import ErrorReply

REPLIES = 30


@require_safe
@admins
def journal(request: Request) -> HttpResponse:
    filters = JournalFilter(request.GET)
    now = clock.now()
    replies = ErrorReply.objects.of(request.corp).visible_to(request.user)
    rows = activity.since(request.corp, now - timedelta(hours=filters.span), now)
    context = {
        "filters": filters,
        "endpoints": [row for row in rows if filters.wants(row.endpoint)],
        "limits": {"minute": MINUTE.calls, "hour": HOUR.calls},
        "page": keyset(filters.apply(replies), request.GET, "pk", size=REPLIES),
    }
    return answer(request, "system/journal.html", context, part="list", status=filters.http_status)
