"""What the demo's shop begins with, made once and left alone afterwards."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from campaigns import definitions
from campaigns.models import Batch, BatchStatus, Campaign, CampaignStatus
from customers.models import ContactWay, Stage
from scrm import demo_data, demo_shop
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Role, Staff, User
from tests.acts import arrive, console_tags, sync
from wecom import clock
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


def test_the_demo_s_admin_alone_may_support_every_model(corp: Corp) -> None:
    demo_data.login(corp, "boss", Role.ADMIN, None)
    demo_data.login(corp, "clerk", Role.OPERATOR, None)
    boss, clerk = (User.objects.get(username=name) for name in ("boss", "clerk"))
    assert (boss.has_module_perms("campaigns"), clerk.has_module_perms("campaigns")) == (True, False)
    assert not boss.sees_every_corp


def test_a_second_start_changes_nothing(shop: Corp, operator: User) -> None:
    demo_shop.furnish(shop, operator)
    assert (Campaign.objects.count(), ContactWay.objects.count()) == (1, 1)


@pytest.mark.parametrize("hour", [5, 14, 23])
def test_a_day_after_a_scan_staff_have_something_to_confirm_at_any_hour(
    shop: Corp, sandbox: Sandbox, lin: Staff, hour: int
) -> None:
    demo = demo_data.connect(sandbox.url)
    Corp.objects.filter(pk=shop.pk).update(quiet_from=demo.quiet_from, quiet_until=demo.quiet_until)
    arrival = datetime(2027, 3, 1, hour, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
    sandbox.turn_clock_to(arrival)
    clock.pull()
    arrive(sandbox, "lin", "阿梅")
    sync(shop, "customers")
    call_command("tick", corp=shop.corpid, verbosity=0)
    sandbox.turn_clock_to(arrival + timedelta(days=1))
    call_command("tick", corp=shop.corpid, verbosity=0)
    clock.forget()
    assert Batch.objects.filter(staff=lin, status=BatchStatus.HANDED).exists()


def test_what_a_visitor_ended_stays_ended(shop: Corp, operator: User) -> None:
    Campaign.objects.get().end()
    demo_shop.furnish(shop, operator)
    assert Campaign.objects.get().status == CampaignStatus.ENDED
