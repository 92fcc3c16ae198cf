"""Launch, pause, resume, end: GET says what will happen and what is lost, POST does it. And: remind staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import consequences, reminders
from campaigns.models import Campaign
from staff.access import operators
from staff.models import Staff, User
from staff.requests import Request
from staff.swap import answer

GET_OR_POST = require_http_methods(["GET", "POST"])


@dataclass(frozen=True)
class Verb:
    """A question, what follows from a yes, the button's word, and what is said when it is done."""

    question: Promise
    consequences: Callable[[Campaign], list[str]]
    yes: Promise
    done: Promise
    danger: bool = False


LAUNCH = Verb(gettext_lazy("Launch?"), consequences.of_launch, gettext_lazy("Launch"), gettext_lazy("Launched."))
PUBLISH = Verb(
    gettext_lazy("Publish the new version?"),
    consequences.of_publish,
    gettext_lazy("Publish"),
    gettext_lazy("Published."),
)
PAUSE = Verb(gettext_lazy("Pause?"), consequences.of_pause, gettext_lazy("Pause"), gettext_lazy("Paused."))
RESUME = Verb(gettext_lazy("Resume?"), consequences.of_resume, gettext_lazy("Resume"), gettext_lazy("Running again."))
END = Verb(
    gettext_lazy("End for good?"), consequences.of_end, gettext_lazy("End"), gettext_lazy("Ended."), danger=True
)


def of_corp(request: Request, pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.of(request.corp).visible_to(request.user), pk=pk)


@GET_OR_POST
@operators
def launch(request: Request, pk: int) -> HttpResponse:
    campaign = of_corp(request, pk)
    return perform(request, campaign, LAUNCH, campaign.launch)


@GET_OR_POST
@operators
def publish(request: Request, pk: int) -> HttpResponse:
    campaign = of_corp(request, pk)
    return perform(request, campaign, PUBLISH, campaign.publish)


@GET_OR_POST
@operators
def pause(request: Request, pk: int) -> HttpResponse:
    campaign = of_corp(request, pk)
    return perform(request, campaign, PAUSE, campaign.pause)


@GET_OR_POST
@operators
def resume(request: Request, pk: int) -> HttpResponse:
    campaign = of_corp(request, pk)
    return perform(request, campaign, RESUME, campaign.resume)


@GET_OR_POST
@operators
def end(request: Request, pk: int) -> HttpResponse:
    campaign = of_corp(request, pk)
    return perform(request, campaign, END, campaign.end)


def perform(request: Request, campaign: Campaign, verb: Verb, act: Callable[[User], object]) -> HttpResponse:
    if request.method == "POST":
        act(request.user)
        messages.success(request, str(verb.done))
        return redirect("campaign", pk=campaign.pk)
    context = {"campaign": campaign, "verb": verb, "lines": verb.consequences(campaign)}
    return answer(request, "campaigns/confirm.html", context, part="question")


@require_POST
@operators
def remind(request: Request, pk: int, staff: int) -> HttpResponse:
    """Have WeCom remind one staff member of everything in this campaign that waits for them."""
    campaign = of_corp(request, pk)
    person = get_object_or_404(Staff.objects.of(request.corp).visible_to(request.user), pk=staff)
    number = reminders.remind(campaign, person, request.user)
    text = ngettext("Reminded %(name)s of %(n)d send.", "Reminded %(name)s of %(n)d sends.", number)
    messages.success(request, text % {"name": person, "n": number})
    return redirect("campaign", pk=pk)
