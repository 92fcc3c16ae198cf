"""A campaign as JSON (design §9): checked as a whole, saved as a whole, and read back.

Every problem is found before anything is written, and named by its path: `steps[2].content[0].text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignStatus, Enroll, Kind, Step, Version
from campaigns.models.plan import EXPIRES_AFTER, LATE_AFTER
from campaigns.reading import Plan, Problems, read, span_of
from content import uses
from content.models import Holder
from staff.errors import WrongState
from staff.models import AuditEntry
from wecom.models import Corp

if TYPE_CHECKING:
    from datetime import timedelta

    from staff.models import User

__all__ = ["DefinitionError", "as_definition", "save"]


class DefinitionError(Exception):
    """A definition that cannot be saved. `errors`: (path, message) of everything that is wrong."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{path}: {message}" if path else message for path, message in self.errors)


def save(
    corp: Corp, definition: dict[str, Any], *, campaign: Campaign | None = None, user: User | None = None
) -> Campaign:
    """Save a new campaign as a draft, or change one.

    A draft is changed in place. A campaign that was launched gets a new draft version, which `Campaign.publish` puts
    into force. Raises DefinitionError before anything is written; WrongState when the campaign has ended.
    """
    problems = Problems()
    plan = read(definition, corp, problems)
    if campaign is not None and plan is not None and campaign.kind != plan.kind and campaign.launched_at:
        problems.add("kind", _("The kind of a campaign that was launched does not change."))
    if problems.found or plan is None:
        raise DefinitionError(problems.found)
    with transaction.atomic():
        return _write(corp, plan, campaign, user)


def _write(corp: Corp, plan: Plan, campaign: Campaign | None, user: User | None) -> Campaign:
    fact = "campaign.changed" if campaign else "campaign.created"
    if campaign is None:
        campaign = Campaign(corp=corp, created_by=user)
    else:
        campaign = Campaign.objects.of(corp).select_for_update().get(pk=campaign.pk)
        if campaign.status == CampaignStatus.ENDED:
            raise WrongState(_("An ended campaign cannot be changed. Copy it instead."))
    campaign.name, campaign.kind, campaign.priority = plan.name, plan.kind, plan.priority
    campaign.save(update_fields=["name", "kind", "priority"] if campaign.pk else None)
    version = campaign.draft or Version(campaign=campaign, number=campaign.versions.count() + 1)
    version.audience, version.enroll, version.clock = plan.audience, plan.enroll, plan.clock
    version.late_after = plan.late_after
    version.save()
    version.steps.all().delete()
    Step.objects.bulk_create([Step(version=version, position=n, **step) for n, step in enumerate(plan.steps, start=1)])
    uses.replace(corp, Holder.VERSION, version.pk, [item for step in plan.steps for item in step.get("content") or []])
    if user is not None:
        AuditEntry.write(user, fact, campaign)
    return campaign


def as_definition(version: Version) -> dict[str, Any]:
    """The definition from which the version could be saved again."""
    campaign = version.campaign
    return {
        "corp": campaign.corp.corpid,
        "name": campaign.name,
        "kind": Kind(campaign.kind).value,
        "priority": campaign.priority,
        "audience": version.audience,
        "enroll": Enroll(version.enroll).value,
        "clock": version.clock,
        **_unless("late_after", version.late_after, LATE_AFTER),
        "steps": [_step(step) for step in version.steps.all()],
    }


def _step(step: Step) -> dict[str, Any]:
    values: dict[str, Any]
    if step.after is not None:
        values = {"after": span_of(step.after)}
    else:
        assert step.at is not None
        values = {"after": {"days": step.after_days}, "at": f"{step.at:%H:%M}"}
    values |= {"action": step.action, "expires_after": span_of(step.expires_after or EXPIRES_AFTER)}
    for name in ("title", "script", "content", "condition"):
        if getattr(step, name):
            values[name] = getattr(step, name)
    return values


def _unless(name: str, value: timedelta, default: timedelta) -> dict[str, Any]:
    return {} if value == default else {name: span_of(value)}
