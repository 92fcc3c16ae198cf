"""The list of customers."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from customers.filters import CustomerFilter
from customers.models import Customer, Follow, FollowStatus
from staff.access import signed_in
from staff.models import User
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


@require_safe
@signed_in
def customers(request: Request) -> HttpResponse:
    filters = CustomerFilter(request.GET, user=request.user, corp=request.corp)
    everybody = Customer.objects.of(request.corp).visible_to(request.user)
    rows = filters.apply(everybody) if filters.is_valid() else everybody.none()
    page = keyset(with_follows(rows, request.user), request.GET, "digest__first_at", "pk")
    context = {
        "filters": filters,
        "page": page,
        "count": rows.count(),
        "ways": {way.state: way.name for way in filters.ways},
    }
    return answer(request, "customers/list.html", context, part="list", status=200 if filters.is_valid() else 400)


def with_follows(rows: QuerySet[Customer], user: User) -> QuerySet[Customer]:
    """Each customer with `shown_follows`: those the user may see. Three queries for any number."""
    follows = Follow.objects.visible_to(user).exclude(status=FollowStatus.DROPPED).select_related("staff")
    shown = Prefetch("follows", follows.prefetch_related("tags"), to_attr="shown_follows")
    return rows.select_related("digest", "stage").prefetch_related(shown)
