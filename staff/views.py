"""In and out: password, WeCom, logout, and the corp in which to work."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from staff import first_admin, oauth, throttle
from staff.forms import CorpForm, FirstAdminForm, LoginForm
from staff.middleware import CORP_CHOICE
from staff.models import AuditEntry, User
from wecom.models import Corp
from wecom.text import clean

BACKEND = "staff.backends.StaffBackend"
FIRST_ADMIN = "first admin"  # the name under which wrong set-up codes are counted


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    target = safe_target(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(target)
    if request.method == "POST" and throttle.guessing(request.POST.get("username", "")):
        return throttle.locked(request)
    corps, nobody = Corp.objects.all(), first_admin.wanted()
    if request.method != "POST" and nobody and not corps:
        return redirect("first_admin")
    form = LoginForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return enter(request, form.get_user(), target, "password")
    context = {"form": form, "next": target, "corps": corps, "nobody": nobody}
    return render(request, "staff/login.html", context)


@never_cache
@sensitive_post_parameters("code", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin_page(request: HttpRequest) -> HttpResponse:
    """Only while nobody can log in, and only for one who can read the server's log."""
    if not first_admin.wanted():
        return redirect("login")
    if request.method == "POST" and not throttle.may_try(request, FIRST_ADMIN):
        return throttle.locked(request)
    form = FirstAdminForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        user = first_admin.redeem(form.cleaned_data["code"], form.save)
        if user:
            AuditEntry.write(user, "user.create", user, by="set-up")
            return enter(request, user, resolve_url(settings.SETUP_URL), "set-up")
        throttle.failed(request, FIRST_ADMIN)
        form.add_error("code", _("This is not the newest code, or it is older than an hour."))
    first_admin.print_code()
    return render(request, "staff/first_admin.html", {"form": form})


@require_POST
def first_admin_code(request: HttpRequest) -> HttpResponse:
    """Print another code, at most two a minute."""
    if not first_admin.wanted():
        return redirect("login")
    if first_admin.print_code(anew=True):
        messages.success(request, _("The server has printed a new code."))
    else:
        messages.error(request, _("The last code was printed a moment ago. Wait half a minute."))
    return redirect("first_admin")


@never_cache
@require_safe
def wecom_login(request: HttpRequest, corpid: str) -> HttpResponse:
    """Off to WeCom's page."""
    corp = get_object_or_404(Corp, corpid=clean(corpid))
    state = oauth.begin(request.session, corp, safe_target(request, request.GET.get("next", "")))
    back = request.build_absolute_uri(reverse("wecom_login_done", args=[corp.corpid]))
    return redirect(oauth.authorize_url(corp, back, state, request.headers.get("User-Agent", "")))


@never_cache
@require_safe
def wecom_login_done(request: HttpRequest, corpid: str) -> HttpResponse:
    """Back from WeCom's page, with a code and our state."""
    corp = get_object_or_404(Corp, corpid=clean(corpid))
    try:
        arrival = oauth.finish(request, corp)
    except oauth.Refused as refused:
        return render(request, "staff/refused.html", {"reason": str(refused), "corp": corp}, status=403)
    if arrival.is_new:
        AuditEntry.write(arrival.user, "user.create", arrival.user, by="wecom")
    return enter(request, arrival.user, arrival.target, "wecom")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        AuditEntry.write(request.user, "logout", request.user)
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_POST
@login_required
def switch_corp(request: HttpRequest) -> HttpResponse:
    """For those who see several corps: work in this one from now on."""
    form = CorpForm(request.user, request.POST)  # type: ignore[arg-type]
    if form.is_valid():
        request.session[CORP_CHOICE] = form.cleaned_data["corp"].pk
    return redirect(safe_target(request, request.POST.get("next", "")))


def enter(request: HttpRequest, user: User, target: str, way: str) -> HttpResponse:
    """Sign in under a new session key."""
    auth.login(request, user, backend=BACKEND)
    AuditEntry.write(user, "login", user, way=way)
    return redirect(target)


def safe_target(request: HttpRequest, target: str) -> str:
    """`target` where it is the path of a page of ours, else home."""
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else resolve_url(settings.LOGIN_REDIRECT_URL)
