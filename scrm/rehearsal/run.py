"""Set the stage, perform, judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from campaigns import definitions
from customers import contact_ways
from scrm.rehearsal.oracle import Oracle
from scrm.rehearsal.sandbox import Sandbox
from scrm.rehearsal.stage import Stage
from scrm.rehearsal.story import BOUGHT_TAG, CHANNEL_TAG, MOMENTS, WELCOME, Story, definition
from scrm.rehearsal.verdict import Judge, Verdict
from scrm.rehearsal.world import World
from scrm.syncing import sync_corp
from staff.models import Role, Staff, User
from tags import verbs as tag_verbs
from wecom import clock
from wecom.models import Corp

CORPID, AGENTID = "ww0000rehearsal01", 1000002
SECRETS = {
    "secret": "rehearsal-secret-000000000000000000000000000",
    "token": "rehearsalToken01",
    "aes_key": "rehearsalrehearsalrehearsalrehearsal0000000",
}
POLICIES = ("month", "week", "day")
START = date(2031, 3, 3)  # a Monday; the first moment of a rehearsal's virtual time


@dataclass(frozen=True)
class Script:
    staff: int
    customers: int
    days: int
    seed: int
    faults: list[str]

    @property
    def policy(self) -> str:
        return POLICIES[self.seed % len(POLICIES)]


def rehearse(script: Script, var: Path, tell: Callable[[str], None]) -> Verdict:
    """Live through ``script`` on the embedded servers in ``var``. Raises RehearsalError."""
    began = time.monotonic()
    world = World(var=var, seed=script.seed)
    try:
        world.start()
        stage = set_stage(script, world)
        stage.perform(tell)
        oracle = Oracle(stage.sandbox.record(), bought=stage.bought, befriended=stage.befriended)
        verdict = Judge(stage.story, stage.campaign, oracle, script.policy).judge()
        verdict.api_calls = {name: line["calls"] for name, line in stage.sandbox.corp("GET", "calls").items()}
    finally:
        world.stop()
    verdict.seconds = round(time.monotonic() - began, 1)
    return verdict


def set_stage(script: Script, world: World) -> Stage:
    story = Story.invent(
        seed=script.seed, staff=script.staff, customers=script.customers, days=script.days, start=START
    )
    sandbox = Sandbox(world.sandbox_url, CORPID)
    first_moment = next(story.moments()).replace(hour=MOMENTS[0].hour - 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    sandbox.turn_clock_to(first_moment)
    sandbox.call(
        "POST",
        "corps",
        corpid=CORPID,
        agentid=AGENTID,
        **SECRETS,
        name="Rehearsal",
        callback_url=f"{world.web_url}/wecom/callback/{CORPID}/",
        departments=[{"id": 1, "name": "Rehearsal", "parentid": 0}],
        staff=[{"userid": userid, "name": userid, "department": [1]} for userid in story.staff],
        quota_policy=script.policy,
    )
    corp = add_corp(script, sandbox)
    clock.pull()
    clock.forget()
    user = User.objects.create_user("rehearsal", corp=corp, role=Role.ADMIN)
    sync_corp(corp, only=["staff", "tags"], started_by="rehearsal")
    tags = tag_verbs.create_group(corp, "Rehearsal", [CHANNEL_TAG, BOUGHT_TAG]).tags
    channel, bought = tags.get(name=CHANNEL_TAG), tags.get(name=BOUGHT_TAG)
    way = contact_ways.create(
        corp,
        name="Shop door",
        staff=list(Staff.objects.of(corp).active()),
        tags=[channel],
        welcome=[{"kind": "text", "text": WELCOME}],
        user=user,
    )
    campaign = definitions.save(corp, definition(corp.corpid, channel.wecom_id, bought.wecom_id), user=user)
    campaign.launch()
    return Stage(
        world=world,
        story=story,
        sandbox=sandbox,
        corp=corp,
        campaign=campaign,
        config_id=way.config_id,
        bought_tag=bought.wecom_id,
        faults=script.faults,
    )


def add_corp(script: Script, sandbox: Sandbox) -> Corp:
    corp = Corp(
        corpid=CORPID,
        agentid=AGENTID,
        name="Rehearsal",
        api_base_url=sandbox.url,
        is_sandbox=True,
        quota_policy=script.policy,
    )
    corp.secret, corp.callback_token, corp.aes_key = SECRETS["secret"], SECRETS["token"], SECRETS["aes_key"]
    corp.save()
    return corp
