"""Customer groups: who owns them and how many are in."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from groups.filters import GroupFilter
from groups.models import GroupChat
from staff.access import signed_in
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


@require_safe
@signed_in
def groups(request: Request) -> HttpResponse:
    form = GroupFilter(request.GET)
    chats = GroupChat.objects.of(request.corp).visible_to(request.user)
    rows = form.apply(chats) if form.is_valid() else chats.none()
    page = keyset(rows.with_sizes().select_related("owner"), request.GET, "created_at", "pk")
    context = {"form": form, "page": page, "count": rows.count()}
    return answer(request, "groups/groups.html", context, part="list", status=200 if form.is_valid() else 400)
