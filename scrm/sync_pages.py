"""Syncs: how they stand, what they found, and starting, resuming and stopping them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from scrm import syncing, tasks
from scrm.drift import drift
from scrm.sync_words import KINDS
from staff.access import admins, operators
from staff.errors import WrongState
from staff.fields import CleanCharField
from staff.models import AuditEntry, Staff
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom.models import Corp, SyncRun

JUST_BEGUN = 30  # seconds in which a sync that was asked for may not have found its worker yet


class StartForm(forms.Form):
    """What to sync; nothing chosen means everything."""

    kind = forms.ChoiceField(choices=list(KINDS.items()), required=False)


class StaffForm(forms.Form):
    """One member of staff, by userid or by a name that only one has."""

    staff = CleanCharField(label=gettext_lazy("Userid or name"), max_length=64)

    def __init__(self, *args, corp: Corp, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.corp = corp

    def clean_staff(self) -> Staff:
        asked = self.cleaned_data["staff"].strip()
        everybody = Staff.objects.of(self.corp)
        found = [*everybody.filter(userid=asked.lower())[:1]] or [*everybody.filter(name=asked)[:2]]
        if not found:
            raise forms.ValidationError(_("Nobody has this userid or name. After the next sync of staff, perhaps."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several people have this name: give the userid."))
        return found[0]


@dataclass(frozen=True)
class Card:
    """How one kind stands. `run` is the latest, `last` the latest that came to its end; `waits`: comes next."""

    kind: str
    label: str | Promise
    run: SyncRun | None
    last: SyncRun | None
    waits: bool


def runs_of(request: Request):
    return SyncRun.objects.of(request.corp).visible_to(request.user)


@require_safe
@admins
def sync(request: Request) -> HttpResponse:
    return answer(request, "system/sync.html", overview(request), part="runs")


def overview(request: Request) -> dict[str, object]:
    runs = runs_of(request)
    running = list(runs.running())
    return {
        "cards": cards(request, running),
        "page": keyset(runs, request.GET, "pk", size=20),
        "kinds": KINDS,
        "busy": bool(running) or just_begun(request),
        "form": StaffForm(corp=request.corp),
        "here": "?".join(filter(None, [reverse("system_sync"), request.GET.urlencode()])),
    }


def cards(request: Request, running: list[SyncRun]) -> list[Card]:
    whole = runs_of(request).whole()
    latest = whole.latest_by_kind()
    finished = whole.filter(status=SyncRun.Status.DONE).latest_by_kind()
    to_come = {kind for run in running for kind in run.then}
    return [Card(kind, KINDS[kind], latest.get(kind), finished.get(kind), kind in to_come) for kind in KINDS]


def just_begun(request: Request) -> bool:
    begun = request.GET.get("begun", "")
    return begun.isdecimal() and len(begun) < 12 and 0 <= time.time() - int(begun) < JUST_BEGUN


@require_safe
@admins
def report(request: Request, pk: int) -> HttpResponse:
    run = get_object_or_404(runs_of(request), pk=pk)
    earlier = runs_of(request).filter(kind=run.kind, subject=run.subject, status=SyncRun.Status.DONE, pk__lt=run.pk)
    context = {
        "run": run,
        "label": KINDS.get(run.kind, run.kind),
        "sorts": drift(run, request.user),
        "first": not earlier.exists(),
    }
    return render(request, "system/sync_report.html", context)


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
    return back(request, watching())


@require_POST
@operators
def start_staff(request: Request) -> HttpResponse:
    form = StaffForm(request.POST, corp=request.corp)
    if not form.is_valid():
        if not request.user.is_admin:
            messages.error(request, str(form.errors["staff"][0]))
            return back(request)
        return render(request, "system/sync.html", {**overview(request), "form": form}, status=400)
    staff = form.cleaned_data["staff"]
    if told(request, lambda: tasks.sync_staff.delay(request.corp.pk, staff.userid, started_by=str(request.user))):
        AuditEntry.write(request.user, "sync.started", staff, kind="one")
        messages.success(request, _("The sync begins in a moment."))
    return back(request, watching())


@require_POST
@admins
def resume(request: Request, pk: int) -> HttpResponse:
    run = get_object_or_404(runs_of(request), pk=pk)
    if run.status not in (SyncRun.Status.FAILED, SyncRun.Status.STOPPED):
        raise WrongState(_("Only a failed or stopped sync can be resumed."))
    by = str(request.user)
    if run.subject:
        heard = told(request, lambda: tasks.sync_staff.delay(request.corp.pk, run.subject, started_by=by))
    else:
        heard = ask_worker(request, syncing.going_on(run))
    if heard:
        AuditEntry.write(request.user, "sync.resumed", run)
        messages.success(request, _("The sync goes on from where it stood."))
    return redirect(watching())


@require_POST
@admins
def stop(request: Request, pk: int) -> HttpResponse:
    run = get_object_or_404(runs_of(request), pk=pk)
    run.stop()
    AuditEntry.write(request.user, "sync.stopped", run)
    messages.success(request, _("The sync ends after the page in hand."))
    return redirect("system_sync")


def ask_worker(request: Request, only: list[str] | None) -> bool:
    by = str(request.user)
    return told(request, lambda: tasks.sync_corp.delay(request.corp.pk, only=only, started_by=by))


def told(request: Request, send) -> bool:
    """Whether a worker will hear of it. A sync that was cut short goes on from its cursor (`scrm.syncing`)."""
    try:
        send()
    except OperationalError:
        messages.error(request, _("The work queue cannot be reached. Ask whoever runs the installation."))
        return False
    return True


def watching() -> str:
    """The page of syncs, looking often because one is about to begin."""
    return f"{reverse('system_sync')}?begun={int(time.time())}"


def back(request: Request, otherwise: str = "system_sync") -> HttpResponse:
    """To the page of ours that asked."""
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if ours else otherwise)
