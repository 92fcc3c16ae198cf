"""Logging in with WeCom (contract §13.1): off to WeCom's page with a state of one use, back with a code."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from staff.backends import may_sign_in
from staff.models import Role, Staff, User
from wecom.client import client_for
from wecom.errors import WeComError
from wecom.models import Corp

INVALID_CODES = {40029, 42003, 42022}  # unknown, too old, used already
STATE_LENGTH = 32
STATE_SECONDS = 600
MOST_PENDING = 5  # tabs of one browser on their way at once
MOST_CODE_BYTES = 512
PENDING = "wecom_logins"


class Refused(Exception):
    """Why somebody who comes from WeCom's page is not let in. The message is for them."""


@dataclass(frozen=True)
class Arrival:
    """Somebody whom WeCom has vouched for, and where they wanted to go."""

    user: User
    target: str
    is_new: bool


def authorize_url(corp: Corp, redirect_uri: str, state: str, user_agent: str) -> str:
    """The page on which WeCom asks who it is: inside its client it knows, elsewhere one scans. A sandbox plays it."""
    auth = client_for(corp).auth
    if corp.is_sandbox or "wxwork" in user_agent.lower():
        return auth.authorize_url(redirect_uri, state)
    return auth.login_url(redirect_uri, state)


def begin(session: SessionBase, corp: Corp, target: str) -> str:
    """A new state, bound to this session."""
    pending: dict[str, Any] = session.get(PENDING, {})
    state = get_random_string(STATE_LENGTH)
    newest = list(pending.items())[-MOST_PENDING + 1 :]
    session[PENDING] = dict(
        [*newest, (state, {"corp": corp.pk, "target": target, "until": time.time() + STATE_SECONDS})]
    )
    return state


def finish(request: HttpRequest, corp: Corp) -> Arrival:
    """Who came back. Raises Refused with the reason for the person; the state is used up either way."""
    pending: dict[str, Any] = request.session.get(PENDING, {})
    begun = pending.pop(request.GET.get("state", ""), None)
    request.session[PENDING] = pending
    if begun is None or begun["corp"] != corp.pk or begun["until"] < time.time():
        raise Refused(_("This login was used already, has expired or began in another browser. Start again."))
    code = request.GET.get("code", "")
    if not code or len(code.encode()) > MOST_CODE_BYTES:
        raise Refused(_("WeCom did not say who you are. Start again."))
    user, is_new = user_of(staff_behind(code, corp))
    if not may_sign_in(user):
        raise Refused(_("This account is switched off. Ask your administrator."))
    return Arrival(user, begun["target"], is_new)


def staff_behind(code: str, corp: Corp) -> Staff:
    try:
        identity = client_for(corp).auth.userinfo(code)
    except WeComError as error:
        if error.errcode in INVALID_CODES:
            raise Refused(_("WeCom's answer has expired. Start again."))
        raise Refused(_("WeCom could not say who you are. Try again in a moment, or use your password."))
    if not identity.userid:
        raise Refused(_("Only staff of %(corp)s can log in here.") % {"corp": corp})
    staff = Staff.objects.of(corp).filter(userid=identity.userid.lower()).first()
    if staff is None:
        raise Refused(_("You are not on the staff list yet. Ask your administrator to sync staff."))
    return staff


def user_of(staff: Staff) -> tuple[User, bool]:
    """The staff member's user, made at the first login: frontline, without a password."""
    user = User.objects.select_related("corp", "staff").filter(staff=staff).first()
    if user is not None:
        return user, False
    fresh = User(corp=staff.corp, staff=staff, role=Role.FRONTLINE, first_name=staff.name[:150])
    fresh.username = free_username(staff)
    fresh.set_unusable_password()
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError:  # a second tab was faster
        return User.objects.select_related("corp", "staff").get(staff=staff), False
    return fresh, True


def free_username(staff: Staff) -> str:
    plain = f"{staff.userid}@{staff.corp.corpid}"
    taken = User.objects.filter(username=plain).exists()
    return f"{plain}-{get_random_string(8)}" if taken else plain
