"""What the demo's shop begins with, made once and left alone afterwards."""

import pytest

from campaigns import definitions
from campaigns.models import Campaign, CampaignStatus
from customers.models import ContactWay, Stage
from scrm import demo_shop
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tests.acts import console_tags, sync
from wecom.models import Corp


@pytest.fixture
def shop(corp: Corp, sandbox: Sandbox, lin: Staff, operator: User) -> Corp:
    console_tags(sandbox, "来源渠道", demo_shop.DOOR)
    console_tags(sandbox, "客户等级", "VIP 会员")
    sync(corp, "staff", "tags")
    demo_shop.furnish(corp, operator)
    return corp


def test_the_shop_has_stages_a_door_and_a_running_sop(shop: Corp) -> None:
    assert list(Stage.objects.of(shop).values_list("key", flat=True)) == list(demo_shop.STAGES)
    way = ContactWay.objects.get()
    assert way.qr_code
    assert [tag.name for tag in way.tags.all()] == [demo_shop.DOOR]
    campaign = Campaign.objects.get()
    assert campaign.status == CampaignStatus.RUNNING
    steps = definitions.as_definition(campaign.published)["steps"]
    assert [step["action"] for step in steps] == ["message", "message", "task", "message"]
    assert steps[2]["condition"]["not"]["field"] == "tag"


def test_a_second_start_changes_nothing(shop: Corp, operator: User) -> None:
    demo_shop.furnish(shop, operator)
    assert (Campaign.objects.count(), ContactWay.objects.count()) == (1, 1)


def test_what_a_visitor_ended_stays_ended(shop: Corp, operator: User) -> None:
    Campaign.objects.get().end()
    demo_shop.furnish(shop, operator)
    assert Campaign.objects.get().status == CampaignStatus.ENDED
