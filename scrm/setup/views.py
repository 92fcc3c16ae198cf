"""One page per step. Each can be left at any time: `setup` leads to the first step that is not done."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scrm import sync_pages
from scrm.doctor_pages import site_of
from scrm.setup.forms import CorpForm
from scrm.setup.steps import is_synced, next_page, steps
from staff.access import admins
from staff.errors import WrongState
from staff.middleware import CORP_CHOICE
from staff.models import AuditEntry, User
from staff.requests import Request
from staff.swap import answer
from wecom import callback as wire
from wecom import clock, doctor
from wecom.doctor import Check
from wecom.models import Corp, SyncRun

LISTENING = (Check.CALLBACK, Check.TOKEN, Check.AES_KEY)
NEEDED = (Check.TRUSTED_IP, Check.AGENTID, Check.SCOPE, Check.CUSTOMERS, Check.MEMBERS)  # without these no sync
ACCESS = (Check.CLOCK, *NEEDED, Check.LOGIN)


@require_safe
@login_required
def resume(request: HttpRequest) -> HttpResponse:
    """To where the set-up of the present corp was left; to that of the first corp where there is none."""
    user, corp = request.user, getattr(request, "corp", None)
    if not isinstance(user, User) or not user.is_admin:
        raise PermissionDenied
    return redirect(next_page(corp) if corp else "setup_new")


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Step 2 for a corp that is not known yet: the first one, or another. Only for those who will see it."""
    if not isinstance(request.user, User) or not request.user.sees_every_corp:
        raise PermissionDenied
    form = CorpForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page(request, "setup/corp.html", None, 2, {"form": form}, status=400 if form.is_bound else 200)
    corp = form.save()
    request.session[CORP_CHOICE] = corp.pk
    AuditEntry.write(request.user, "corp.registered", corp)
    return go_on(request, form, _("The corp is registered: WeCom accepts its credentials."), "setup_callback")


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
@admins
def corp(request: Request) -> HttpResponse:
    """Step 2 for a corp that we have: other credentials."""
    data = request.POST if request.method == "POST" else None
    form = CorpForm(data, corp=request.corp, may_move=request.user.sees_every_corp)
    if not form.is_valid():
        return page(request, "setup/corp.html", request.corp, 2, {"form": form}, status=400 if form.is_bound else 200)
    form.save()
    AuditEntry.write(request.user, "corp.changed", request.corp)
    return go_on(request, form, _("WeCom accepts the credentials."), next_page(request.corp))


def go_on(request: HttpRequest, form: CorpForm, said: str, target: str) -> HttpResponse:
    messages.success(request, said)
    if form.untrusted_ip:
        text = _(
            "WeCom does not answer to %s yet: it is not among the app's trusted IPs (企业可信IP). Step 4 tells more."
        )
        messages.warning(request, text % form.untrusted_ip)
    return redirect(target)


@never_cache
@require_safe
@admins
def callback(request: Request) -> HttpResponse:
    """Step 3: what to enter in WeCom's console, and whether its check has arrived. Asks again by itself."""
    findings = doctor.Examination(request.corp, site_of(request)).findings(*LISTENING)
    context = {
        "url": site_of(request).rstrip("/") + reverse("wecom-callback", args=[request.corp.corpid]),
        "shows_keys": request.corp.shows_callback_keys(clock.now()),
        "findings": findings,
        "heard": findings[0].state is doctor.State.OK,
    }
    return page(request, "setup/callback.html", request.corp, 3, context, part="lines")


@require_POST
@admins
def callback_keys(request: Request) -> HttpResponse:
    """Make a new token and AES key: what WeCom's console holds is worth nothing from now on."""
    request.corp.make_callback_keys(clock.now())
    wire.forget()
    AuditEntry.write(request.user, "corp.callback_keys", request.corp)
    messages.success(request, _("Copy the new token and key into WeCom's console now."))
    return redirect("setup_callback")


@require_POST
@admins
def callback_played(request: Request) -> HttpResponse:
    """With a sandbox, there is no console to open: let it play the admin who enters the three and saves."""
    if not request.corp.is_sandbox:
        raise WrongState(_("Only a sandbox can play the console."))
    outcome = doctor.Examination(request.corp, site_of(request)).patient.press_save()
    if outcome.get("ok"):
        messages.success(request, _("The sandbox checked the URL and saved it."))
    else:
        messages.error(request, _("The sandbox refused to save: %s") % outcome.get("answer", _("it does not answer")))
    return redirect("setup_callback")


@require_safe
@admins
def access(request: Request) -> HttpResponse:
    """Step 4: what WeCom lets the app see and do. The page shows at once and asks WeCom from there."""
    if not request.htmx:
        return page(request, "setup/access.html", request.corp, 4, {})
    findings = doctor.Examination(request.corp, site_of(request)).findings(*ACCESS)
    return page(request, "setup/access.html", request.corp, 4, {"findings": findings}, part="lines")


@require_safe
@admins
def sync(request: Request) -> HttpResponse:
    """Step 5: how the first sync stands. Asks again by itself."""
    running = list(SyncRun.objects.of(request.corp).whole().running())
    shown = sync_pages.cards(request, running)
    context = {
        "cards": shown,
        "busy": bool(running),
        "asked": sync_pages.just_begun(request) and not any(card.run for card in shown),
        "follows": bool(running) or sync_pages.just_begun(request),
        "synced": is_synced(request.corp),
    }
    return page(request, "setup/sync.html", request.corp, 5, context, part="runs")


@require_POST
@admins
def sync_start(request: Request) -> HttpResponse:
    """Only with a corp that WeCom lets us see: a sync that must fail is not begun."""
    findings = doctor.Examination(request.corp, site_of(request)).findings(*NEEDED)
    if doctor.failed(findings):
        messages.error(request, _("Mend first what is red here: the sync would fail."))
        return redirect("setup_access")
    request.corp.lift_suspension()
    if not sync_pages.ask_worker(request, None):
        return redirect("setup_sync")
    AuditEntry.write(request.user, "sync.started", request.corp, kind="all")
    return redirect(f"{reverse('setup_sync')}?begun={int(time.time())}")


@require_safe
@admins
def done(request: Request) -> HttpResponse:
    """Step 6: what to do next."""
    heard = steps(request.corp)[2].done
    context = {"synced": is_synced(request.corp), "heard": heard, "site": site_of(request).rstrip("/")}
    return page(request, "setup/done.html", request.corp, 6, context)


def page(
    request: HttpRequest,
    template: str,
    corp: Corp | None,
    number: int,
    context: dict[str, Any],
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """A step's page with the way through the six steps above it; only its `part` for htmx."""
    context = {"steps": steps(corp), "number": number, "corp": corp, **context}
    if part:
        return answer(request, template, context, part=part, status=status)  # type: ignore[arg-type]
    return render(request, template, context, status=status)
