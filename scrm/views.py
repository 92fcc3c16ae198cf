"""The home page and the lists that belong to no single app."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.models import QuotaBlock
from customers.models import Customer
from scrm.home import Home
from scrm.troubles import troubles
from staff.access import signed_in
from staff.paging import keyset
from staff.requests import Request
from wecom import clock


@require_safe
@signed_in
def home(request: Request) -> HttpResponse:
    shown = Home(request.corp, request.user)
    context = {
        "home": shown,
        "numbers": [*shown.customers(), shown.welcomes(), *shown.work(), *shown.quota()],
        "chart": [{**asdict(day), "net": day.net} for day in shown.days],
        "troubles": troubles(request.corp) if request.user.is_admin else [],
    }
    return render(request, "home/home.html", context)


@require_safe
@signed_in
def quota(request: Request) -> HttpResponse:
    mine = Customer.objects.of(request.corp).visible_to(request.user)
    blocks = QuotaBlock.objects.filter(customer__in=mine, until__gt=clock.now()).select_related("customer")
    return render(request, "home/quota.html", {"page": keyset(blocks, request.GET, "until", "pk")})
