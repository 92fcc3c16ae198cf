"""Full syncs: how they stand, and starting, resuming and stopping them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from scrm import tasks
from staff.access import admins, operators
from staff.errors import WrongState
from staff.models import AuditEntry
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom.models import SyncRun

KINDS = {
    "staff": gettext_lazy("Departments and staff"),
    "tags": gettext_lazy("Tags"),
    "customers": gettext_lazy("Customers"),
    "groups": gettext_lazy("Customer groups"),
}


class StartForm(forms.Form):
    """What to sync; nothing chosen means everything."""

    kind = forms.ChoiceField(choices=list(KINDS.items()), required=False)


def runs_of(request: Request):
    return SyncRun.objects.of(request.corp).visible_to(request.user)


@require_safe
@admins
def sync(request: Request) -> HttpResponse:
    page = keyset(runs_of(request), request.GET, "pk", size=30)
    context = {"page": page, "kinds": KINDS, "busy": runs_of(request).running().exists()}
    return answer(request, "system/sync.html", context, part="runs")


@require_POST
@operators
def start(request: Request) -> HttpResponse:
    form = StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what to sync."))
        return back(request)
    kind = form.cleaned_data["kind"]
    if ask_worker(request, [kind] if kind else None):
        AuditEntry.write(request.user, "sync.started", request.corp, kind=kind or "all")
        messages.success(request, _("The sync begins in a moment."))
    return back(request)


@require_POST
@admins
def resume(request: Request, pk: int) -> HttpResponse:
    run = get_object_or_404(runs_of(request), pk=pk)
    if run.status not in (SyncRun.Status.FAILED, SyncRun.Status.STOPPED):
        raise WrongState(_("Only a failed or stopped sync can be resumed."))
    if ask_worker(request, [run.kind]):
        AuditEntry.write(request.user, "sync.resumed", run)
        messages.success(request, _("The sync goes on from where it stood."))
    return redirect("system_sync")


@require_POST
@admins
def stop(request: Request, pk: int) -> HttpResponse:
    run = get_object_or_404(runs_of(request), pk=pk)
    run.stop()
    AuditEntry.write(request.user, "sync.stopped", run)
    messages.success(request, _("The sync ends after the page in hand."))
    return redirect("system_sync")


def ask_worker(request: Request, only: list[str] | None) -> bool:
    """Whether a worker will hear of it. A sync that was cut short goes on from its cursor (`scrm.syncing`)."""
    try:
        tasks.sync_corp.delay(request.corp.pk, only=only, started_by=str(request.user))
    except OperationalError:
        messages.error(request, _("The work queue cannot be reached. Ask whoever runs the installation."))
        return False
    return True


def back(request: Request) -> HttpResponse:
    """To the page of ours that asked, otherwise to the syncs."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if ours else "system_sync")
