"""The campaigns tab of a customer's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from campaigns.standing import passages, quota_of
from customers.models import Customer
from staff.access import signed_in
from staff.requests import Request
from staff.swap import answer

SHOWN = 20


@require_safe
@signed_in
def customer_campaigns(request: Request, pk: int) -> HttpResponse:
    rows = Customer.objects.of(request.corp).visible_to(request.user).select_related("corp")
    customer = get_object_or_404(rows, pk=pk)
    found = list(passages(customer, request.user)[: SHOWN + 1])
    context = {
        "customer": customer,
        "quota": quota_of(customer),
        "passages": found[:SHOWN],
        "more": len(found) > SHOWN,
    }
    return answer(request, "campaigns/customer.html", context, part="panel")
