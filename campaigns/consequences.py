"""What follows from launching, pausing, resuming or ending a campaign, in sentences with numbers."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import (
    Campaign,
    ClockStart,
    Delivery,
    DeliveryStatus,
    Enroll,
    Enrollment,
    EnrollmentStatus,
    Version,
)
from customers.models import Customer
from customers.segments import audience
from wecom import clock


def latest(campaign: Campaign) -> Version:
    """What is being edited, or else what runs."""
    version = campaign.draft or campaign.published
    assert version is not None  # a campaign is saved together with its first version
    return version


def of_launch(campaign: Campaign) -> list[str]:
    version = latest(campaign)
    steps = version.steps.count()
    lines = [ngettext("Each customer goes through %(n)d step.", "Each customer goes through %(n)d steps.", steps)]
    lines = [lines[0] % {"n": steps}]
    if version.enroll == Enroll.NEWCOMERS:
        return [_("Nobody enters now: customers who are added from now on do, if they match."), *lines]
    now = Customer.objects.of(campaign.corp).matching(audience(version.audience), campaign.corp).count()
    text = ngettext("%(n)d customer enters now.", "%(n)d customers enter now.", now) % {"n": now}
    return [text, *lines, *past_steps(version.enroll, version.clock)]


def past_steps(enroll: str, start: str) -> list[str]:
    """What happens to customers who are here already when the clock began to run before they entered."""
    if (enroll, start) != (Enroll.EVERYONE, ClockStart.ADDED):
        return []
    return [
        _("Steps count from the day a customer was added: those already here skip every step whose day has passed.")
    ]


def of_publish(campaign: Campaign) -> list[str]:
    number = Enrollment.objects.filter(campaign=campaign, status=EnrollmentStatus.ACTIVE).count()
    stay = ngettext(
        "%(n)d customer on the way stays on the version that they entered with.",
        "%(n)d customers on the way stay on the version that they entered with.",
        number,
    )
    return [_("From now on customers enter on the new version."), stay % {"n": number}]


def of_pause(campaign: Campaign) -> list[str]:
    number = with_staff(campaign)
    handed = ngettext(
        "%(n)d message is with staff already; they can still confirm it.",
        "%(n)d messages are with staff already; they can still confirm them.",
        number,
    )
    return [_("Nobody enters, and no further step is planned or handed to staff."), handed % {"n": number}]


def of_resume(campaign: Campaign) -> list[str]:
    version = latest(campaign)
    late = Enrollment.objects.filter(
        campaign=campaign, status=EnrollmentStatus.ACTIVE, next_run_at__lt=clock.now() - version.late_after
    ).count()
    text = ngettext(
        "%(n)d customer's next step is too late by now and is skipped.",
        "%(n)d customers' next step is too late by now and is skipped.",
        late,
    )
    return [_("Customers go on where they stood."), text % {"n": late}]


def of_end(campaign: Campaign) -> list[str]:
    active = Enrollment.objects.filter(campaign=campaign, status=EnrollmentStatus.ACTIVE).count()
    waiting = with_staff(campaign)
    leave = ngettext("%(n)d customer leaves halfway.", "%(n)d customers leave halfway.", active)
    taken = ngettext(
        "%(n)d message that no staff has confirmed yet is withdrawn.",
        "%(n)d messages that no staff has confirmed yet are withdrawn.",
        waiting,
    )
    return [leave % {"n": active}, taken % {"n": waiting}, _("What was sent stays sent. This cannot be undone.")]


def with_staff(campaign: Campaign) -> int:
    return Delivery.objects.filter(campaign=campaign, status=DeliveryStatus.HANDED).count()
