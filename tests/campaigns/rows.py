"""Makers of campaign rows for tests of pages: states that the engine would take days to reach."""

from datetime import timedelta
from typing import Any

from campaigns.models import (
    Action,
    Batch,
    BatchStatus,
    Campaign,
    CampaignStatus,
    Delivery,
    DeliveryStatus,
    Enrollment,
    Step,
    Task,
    TaskKind,
    Version,
)
from customers.models import Customer
from staff.models import Staff
from wecom import clock
from wecom.models import Corp

TEXT = [{"kind": "text", "text": "您好，欢迎来到沙箱门店"}]


def make_campaign(
    corp: Corp, name: str = "新友七日", *, actions: tuple[str, ...] = ("message", "task"), **fields: Any
) -> Campaign:
    """A running campaign with one published version; a step a day at ten."""
    values = {"status": CampaignStatus.RUNNING, "launched_at": clock.now() - timedelta(days=5)}
    campaign = Campaign.objects.create(corp=corp, name=name, **{**values, **fields})
    version = Version.objects.create(campaign=campaign, audience={"all": []})
    for position, action in enumerate(actions):
        message = {"content": TEXT} if action == Action.MESSAGE else {"title": "电话回访", "script": "问问小样如何"}
        Step.objects.create(
            version=version, position=position, action=action, after_days=position, at="10:00", **message
        )
    Version.objects.filter(pk=version.pk).update(published_at=clock.now() - timedelta(days=5))
    return campaign


def steps_of(campaign: Campaign) -> list[Step]:
    return list(Step.objects.filter(version__campaign=campaign).order_by("position"))


def make_enrollment(campaign: Campaign, customer: Customer, **fields: Any) -> Enrollment:
    follow = customer.follows.select_related("staff").get()
    values = {"clock_at": clock.now() - timedelta(days=2), "entered_at": clock.now() - timedelta(days=2)}
    return Enrollment.objects.create(
        corp=campaign.corp,
        campaign=campaign,
        version=campaign.versions.get(),
        customer=customer,
        follow=follow,
        staff=follow.staff,
        **{**values, **fields},
    )


def make_delivery(enrollment: Enrollment, step: Step, status: str = DeliveryStatus.HANDED, **fields: Any) -> Delivery:
    now = clock.now()
    values = {"planned_at": now - timedelta(hours=1), "handed_at": now, "expires_at": now + timedelta(days=2)}
    return Delivery.objects.create(
        corp=enrollment.corp,
        campaign=enrollment.campaign,
        enrollment=enrollment,
        step=step,
        customer=enrollment.customer,
        staff=enrollment.staff,
        status=status,
        uses_quota=step.action == Action.MESSAGE,
        **{**values, **fields},
    )


def make_call(enrollment: Enrollment, **fields: Any) -> Task:
    """An open follow-up task of the campaign's task step, wanted since now."""
    step = next(step for step in steps_of(enrollment.campaign) if step.action == Action.TASK)
    values = {
        "title": step.title,
        "script": step.script,
        "due_at": clock.now(),
        "expires_at": clock.now() + timedelta(days=2),
    }
    return Task.objects.create(
        corp=enrollment.corp,
        staff=enrollment.staff,
        customer=enrollment.customer,
        delivery=make_delivery(enrollment, step),
        **{**values, **fields},
    )


def make_confirm(step: Step, staff: Staff, size: int = 3, **fields: Any) -> Task:
    """An open task to confirm a batch in the WeCom client."""
    now = clock.now()
    batch = Batch.objects.create(
        corp=staff.corp,
        step=step,
        staff=staff,
        status=BatchStatus.HANDED,
        size=size,
        msgid=f"msg-{step.pk}-{staff.pk}",
        handed_at=now,
        expires_at=now + timedelta(days=2),
    )
    values = {"title": "确认群发", "due_at": now, "expires_at": now + timedelta(days=2)}
    return Task.objects.create(
        corp=staff.corp, staff=staff, kind=TaskKind.CONFIRM, batch=batch, **{**values, **fields}
    )
