"""One delivery's story: why it stands where it stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from campaigns import bubbles, reports
from campaigns.models import Delivery
from staff.access import signed_in
from staff.requests import Request
from staff.swap import answer


@require_safe
@signed_in
def delivery(request: Request, pk: int) -> HttpResponse:
    rows = Delivery.objects.of(request.corp).visible_to(request.user)
    related = ("campaign", "step", "enrollment__version", "customer", "staff", "batch")
    shown = get_object_or_404(rows.select_related(*related), pk=pk)
    [content] = bubbles.drawn(request.corp, shown.step.content)
    context = {"delivery": shown, "lines": reports.story(shown), "content": content}
    return answer(request, "campaigns/delivery.html", context, part="story")
