"""Support's view: every list and row opens, and its verbs are the pages' verbs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from campaigns import engine
from campaigns.models import Batch, Campaign, Delivery, Enrollment, QuotaBlock, Task, Version
from staff.models import AuditEntry, Staff, User
from tests.campaigns.conftest import NOON, Time, befriend, call, make_campaign, step
from wecom.models import Corp

MODELS = [Campaign, Version, Enrollment, Delivery, Batch, Task, QuotaBlock]


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_row_opens(
    model: type, corp: Corp, lin: Staff, time: Time, superuser: User, signed_in: Callable[[User], Client]
) -> None:
    zhang = befriend(lin)
    make_campaign(corp, step(), call())
    engine.turn(corp.pk)
    QuotaBlock.objects.create(corp=corp, customer=zhang, until=NOON)
    name = model._meta.model_name  # type: ignore[attr-defined]
    row = model.objects.first()  # type: ignore[attr-defined]
    browser = signed_in(superuser)
    assert browser.get(reverse(f"admin:campaigns_{name}_changelist")).status_code == 200
    assert browser.get(reverse(f"admin:campaigns_{name}_change", args=[row.pk])).status_code == 200


def test_a_refused_verb_says_why(corp: Corp, superuser: User, signed_in: Callable[[User], Client]) -> None:
    running, draft = make_campaign(corp), make_campaign(corp, launch=False)
    answer = signed_in(superuser).post(
        reverse("admin:campaigns_campaign_changelist"),
        {"action": "pause", "_selected_action": [running.pk, draft.pk]},
    )
    assert dict(Campaign.objects.values_list("pk", "status")) == {running.pk: "paused", draft.pk: "draft"}
    assert len(list(get_messages(answer.wsgi_request))) == 1
    assert AuditEntry.objects.get(action="campaign.paused").target_id == str(running.pk)
