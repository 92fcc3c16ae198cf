"""Limits on guessing passwords, beside axes' own of a few tries per name and source.

Axes counts per (name, source). One who tries one password on a thousand names, or one name from a thousand sources,
stays below it every time, so the failures of a source and those of a name are limited too.
"""

from __future__ import annotations

from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from staff.origin import current_ip
from wecom.text import clean

MOST_PER_SOURCE = 60
MOST_PER_NAME = 40


def guessing(username: str) -> bool:
    """Whether this source, or the attempts on this name from everywhere, have failed too often of late."""
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    recent = AccessAttempt.objects.filter(attempt_time__gte=since)
    failures = recent.aggregate(
        source=Sum("failures_since_start", filter=Q(ip_address=current_ip()), default=0),
        name=Sum("failures_since_start", filter=Q(username=clean(username)), default=0),
    )
    return failures["source"] >= MOST_PER_SOURCE or failures["name"] >= MOST_PER_NAME


def may_try(request: HttpRequest, name: str) -> bool:
    """Axes' few tries per name and source, for something that is guessed but is no password."""
    return bool(AxesProxyHandler.is_allowed(request, {"username": name}))


def failed(request: HttpRequest, name: str) -> None:
    """Count a wrong guess as a failed login of that name."""
    user_login_failed.send(sender=__name__, credentials={"username": name}, request=request)


def locked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """What axes and we answer to one who has guessed too often."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    answer = render(request, "staff/locked.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer
