"""One customer: who serves them, what is known, what happened."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import stages
from customers.convergence import converge
from customers.forms import FollowTagsForm, RemarkForm, StageForm
from customers.models import ContactWay, Customer, Follow
from customers.panels import panels
from customers.views.listing import with_follows
from staff.access import signed_in
from staff.editing import posted
from staff.errors import refused
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom.client import client_for
from wecom.errors import WeComError


def customer_of(request: Request, pk: int) -> Customer:
    rows = Customer.objects.of(request.corp).visible_to(request.user)
    return get_object_or_404(with_follows(rows, request.user), pk=pk)


def follow_of(request: Request, pk: int) -> Follow:
    """A live follow that the user may work on."""
    rows = Follow.objects.of(request.corp).visible_to(request.user).live().select_related("customer", "staff")
    return get_object_or_404(rows, pk=pk)


@require_safe
@signed_in
def customer(request: Request, pk: int) -> HttpResponse:
    shown = customer_of(request, pk)
    follow = next((one for one in shown.shown_follows if str(one.pk) == request.GET.get("follow")), None)
    events = shown.timeline(request.user)
    if follow:
        events = events.filter(staff=follow.staff)
    context = {
        "customer": shown,
        "follow": follow,
        "page": keyset(events, request.GET, "at", "pk", size=30),
        "stage_form": StageForm(corp=request.corp, initial={"stage": shown.stage}),
        "panels": panels(),
        "ways": dict(ContactWay.objects.of(request.corp).values_list("state", "name")),
    }
    return answer(request, "customers/customer.html", context, part="events")


@require_POST
@signed_in
def customer_sync(request: Request, pk: int) -> HttpResponse:
    """Ask WeCom for this one customer now. Whoever has dropped him does not see him any more."""
    shown = customer_of(request, pk)
    try:
        converge(request.corp, shown.external_userid, client_for(request.corp))
    except WeComError as error:
        raise refused(error)
    messages.success(request, _("This is what WeCom says now."))
    still_there = Customer.objects.of(request.corp).visible_to(request.user).filter(pk=pk).exists()
    return redirect("customer", pk=pk) if still_there else redirect("customers")


@require_POST
@signed_in
def customer_stage(request: Request, pk: int) -> HttpResponse:
    shown = customer_of(request, pk)
    form = StageForm(request.POST, corp=request.corp)
    if not form.is_valid():
        messages.error(request, _("This stage does not exist any more. Choose another."))
    elif stages.move(shown, form.cleaned_data["stage"], request.user):
        messages.success(request, _("Stage changed."))
    return redirect("customer", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def follow_tags(request: Request, pk: int) -> HttpResponse:
    follow = follow_of(request, pk)
    form = FollowTagsForm(posted(request), follow=follow)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Tags saved in WeCom and here."))
        return redirect("customer", pk=follow.customer_id)
    return answer(request, "customers/follow_tags.html", {"form": form, "follow": follow}, part="form")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def follow_remark(request: Request, pk: int) -> HttpResponse:
    follow = follow_of(request, pk)
    form = RemarkForm(posted(request), follow=follow)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Remark saved in WeCom and here."))
        return redirect("customer", pk=follow.customer_id)
    return answer(request, "customers/follow_remark.html", {"form": form, "follow": follow}, part="form")
