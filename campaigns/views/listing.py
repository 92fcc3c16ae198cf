"""The list of campaigns."""

from __future__ import annotations

from django.db.models import Max, Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from campaigns.forms.filters import CampaignFilter
from campaigns.health import health
from campaigns.models import Campaign
from staff.access import signed_in
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


@require_safe
@signed_in
def campaigns(request: Request) -> HttpResponse:
    everything = Campaign.objects.of(request.corp).visible_to(request.user)
    filters = CampaignFilter(request.GET)
    rows = filters.apply(everything)
    published = Max("versions__number", filter=Q(versions__published_at__isnull=False))
    page = keyset(rows.annotate(version=published), request.GET, "pk")
    states = health(page.rows, request.user)
    for row in page.rows:
        row.health = states[row.pk]
    context = {"filters": filters, "page": page, "count": rows.count(), "any": everything.exists()}
    return answer(request, "campaigns/list.html", context, part="list")
