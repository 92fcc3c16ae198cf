"""The credential doctor: every check at once, or one of them again."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from staff.access import admins
from staff.requests import Request
from staff.swap import answer
from wecom import doctor


class CheckForm(forms.Form):
    """Which check to make again; none means all of them."""

    check = forms.ChoiceField(choices=[(check.value, check.value) for check in doctor.Check], required=False)


def site_of(request: HttpRequest) -> str:
    """The address under which people and WeCom reach us."""
    return settings.SITE_URL or request.build_absolute_uri("/")


@require_safe
@admins
def credentials(request: Request) -> HttpResponse:
    return render(request, "system/doctor.html")


@require_POST
@admins
def check(request: Request) -> HttpResponse:
    form = CheckForm(request.POST)
    if form.is_valid() and form.cleaned_data["check"] and request.htmx:
        finding = doctor.Examination(request.corp, site_of(request)).finding(doctor.Check(form.cleaned_data["check"]))
        return render(request, "system/doctor_line.html", {"finding": finding})
    findings = doctor.examine(request.corp, site_of(request))
    context = {"findings": findings, "failed": doctor.failed(findings)}
    return answer(request, "system/doctor.html", context, part="findings")
