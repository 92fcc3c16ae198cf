"""Pages for those who keep the installation running."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Batch
from scrm.filters import AuditFilter, InboxFilter, OutboxFilter, SentForm
from scrm.lag_chart import LagChart
from staff.access import admins
from staff.models import AuditEntry
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer
from wecom.models import InboxEvent


def event_of(request: Request, pk: int) -> InboxEvent:
    return get_object_or_404(InboxEvent.objects.of(request.corp).visible_to(request.user), pk=pk)


def batch_of(request: Request, pk: int) -> Batch:
    rows = Batch.objects.of(request.corp).visible_to(request.user)
    return get_object_or_404(rows.select_related("staff", "step__version__campaign"), pk=pk)


@require_safe
@admins
def inbox(request: Request) -> HttpResponse:
    filters = InboxFilter(request.GET)
    rows = InboxEvent.objects.of(request.corp).visible_to(request.user)
    context = {
        "filters": filters,
        "failed": rows.failed().count(),
        "lag": LagChart(request.corp),
        "kinds": sorted(settings.WECOM_CALLBACKS),
        "page": keyset(filters.apply(rows).defer("payload", "traceback"), request.GET, "pk"),
    }
    return answer(request, "system/inbox.html", context, part="list", status=filters.http_status)


@require_safe
@admins
def inbox_event(request: Request, pk: int) -> HttpResponse:
    return render(request, "system/inbox_event.html", {"event": event_of(request, pk)})


@require_POST
@admins
def inbox_replay(request: Request, pk: int) -> HttpResponse:
    event = event_of(request, pk)
    event.replay()
    AuditEntry.write(request.user, "inbox.replayed", event)
    messages.success(request, _("The callback is handled once more."))
    return redirect("system_inbox_event", pk=pk)


@require_POST
@admins
def inbox_replay_failed(request: Request) -> HttpResponse:
    n = InboxEvent.objects.of(request.corp).visible_to(request.user).failed().replay()
    if n:
        AuditEntry.write(request.user, "inbox.replayed_all", request.corp, events=n)
    text = ngettext("%(n)d callback is handled once more.", "%(n)d callbacks are handled once more.", n)
    messages.success(request, text % {"n": n})
    return redirect("system_inbox")


@require_safe
@admins
def outbox(request: Request) -> HttpResponse:
    filters = OutboxFilter(request.GET)
    rows = Batch.objects.of(request.corp).visible_to(request.user).select_related("staff", "step__version__campaign")
    context = {"filters": filters, "page": keyset(filters.apply(rows).defer("request"), request.GET, "pk")}
    return answer(request, "system/outbox.html", context, part="list", status=filters.http_status)


@require_safe
@admins
def outbox_batch(request: Request, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    return render(request, "system/outbox_batch.html", {"batch": batch, "form": SentForm()})


@require_POST
@admins
def outbox_sent(request: Request, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    form = SentForm(request.POST)
    if not form.is_valid():
        return render(request, "system/outbox_batch.html", {"batch": batch, "form": form}, status=400)
    batch.declare_sent(form.cleaned_data["msgid"])
    AuditEntry.write(request.user, "outbox.declared_sent", batch, msgid=form.cleaned_data["msgid"])
    messages.success(request, _("Recorded: WeCom has this send. Its results are collected now."))
    return redirect("system_outbox_batch", pk=pk)


@require_POST
@admins
def outbox_absent(request: Request, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    batch.declare_absent()
    AuditEntry.write(request.user, "outbox.declared_absent", batch)
    messages.success(request, _("Recorded: WeCom does not have this send. It goes out again."))
    return redirect("system_outbox_batch", pk=pk)


@require_safe
@admins
def audit(request: Request) -> HttpResponse:
    filters = AuditFilter(request.GET)
    rows = AuditEntry.objects.of(request.corp).visible_to(request.user).select_related("user")
    page = keyset(filters.apply(rows), request.GET, "at", "pk")
    return answer(
        request, "system/audit.html", {"filters": filters, "page": page}, part="list", status=filters.http_status
    )
