"""What the people of a rehearsal do: all decided beforehand from the seed, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MOMENTS = [time(9, 10), time(10, 2), time(12, 30), time(15, 32), time(18), time(20, 2), time(22)]
CALM_MOMENTS = [time(9, 10), time(10, 2), time(15, 32), time(20, 2)]
RUN_OUT = 5  # days after the last arrival: the longest step and its deadline
LEAVE, DROP, BUY, STRANGER, HALF, SECOND_STAFF = 0.08, 0.03, 0.15, 0.08, 0.03, 0.05
PROMPT, LATE = 0.62, 0.26  # of a staff member's sends; the rest is never confirmed

CHANNEL_TAG, BOUGHT_TAG = "门店新客", "已成交"
WELCOME = "欢迎光临！回复“福利”领取新人礼。"
STEPS: list[dict[str, Any]] = [
    {
        "after": {"minutes": 30},
        "action": "message",
        "expires_after": {"hours": 48},
        "content": [{"kind": "text", "text": "【第一步】感谢添加，这里是新人指南。"}],
    },
    {
        "after": {"days": 1},
        "at": "10:00",
        "action": "message",
        "expires_after": {"hours": 48},
        "content": [
            {"kind": "text", "text": "【第二步】新人专享券，七天内有效。"},
            {"kind": "link", "title": "领取新人券", "url": "https://shop.example.com/coupon"},
        ],
    },
    {
        "after": {"days": 2},
        "at": "15:30",
        "action": "task",
        "title": "电话回访",
        "script": "问问第一次购物感觉如何。",
        "condition": "not bought",
        "expires_after": {"hours": 48},
    },
    {
        "after": {"days": 3},
        "at": "20:00",
        "action": "message",
        "expires_after": {"hours": 24},
        "condition": "not bought",  # the real tree is put in once the tag exists
        "content": [{"kind": "text", "text": "【第四步】本周上新，为你留了一件。"}],
    },
]
STEP_TEXTS = {index: step["content"][0]["text"] for index, step in enumerate(STEPS) if step["action"] == "message"}


def definition(corpid: str, channel_tag: str, bought_tag: str) -> dict[str, Any]:
    """The SOP in the form of design §9, for the tags' WeCom ids."""
    not_bought = {"not": {"field": "tag", "op": "has_any", "value": [bought_tag]}}
    return {
        "corp": corpid,
        "name": "New friend week",
        "kind": "sop",
        "audience": {"all": [{"field": "tag", "op": "has_any", "value": [channel_tag]}]},
        "enroll": "newcomers",
        "clock": "added_at",
        "steps": [step | ({"condition": not_bought} if "condition" in step else {}) for step in STEPS],
    }


@dataclass
class Person:
    """A customer to be. The sandbox gives ``external_userid`` when they scan."""

    name: str
    arrives: datetime
    staff: str
    stranger: bool = False
    half_until: datetime | None = None
    second_staff: tuple[str, datetime] | None = None
    leaves: datetime | None = None
    dropped: datetime | None = None
    buys: datetime | None = None
    external_userid: str = ""


@dataclass
class Story:
    seed: int
    staff: list[str]
    start: date
    days: int
    people: list[Person] = field(default_factory=list)

    @classmethod
    def invent(cls, *, seed: int, staff: int, customers: int, days: int, start: date) -> Story:
        dice = random.Random(seed)
        story = cls(seed=seed, staff=[f"clerk{n}" for n in range(1, staff + 1)], start=start, days=days)
        story.people = [story._person(dice, number, customers) for number in range(customers)]
        return story

    def _person(self, dice: random.Random, number: int, of: int) -> Person:
        day = self.start + timedelta(days=number * self.days // of)
        arrives = datetime.combine(day, dice.choice(MOMENTS), ZONE)
        person = Person(name=f"顾客{number:05d}", arrives=arrives, staff=dice.choice(self.staff))

        def some_time_later(low: float = 0.1, high: float = 5) -> datetime:
            return arrives + timedelta(days=dice.uniform(low, high))

        person.stranger = dice.random() < STRANGER
        if dice.random() < HALF:
            person.half_until = some_time_later(0.3, 1.5)
        if dice.random() < SECOND_STAFF and len(self.staff) > 1:
            other = dice.choice([userid for userid in self.staff if userid != person.staff])
            person.second_staff = (other, some_time_later(0.2, 3))
        if dice.random() < LEAVE:
            person.leaves = some_time_later()
        elif dice.random() < DROP:
            person.dropped = some_time_later()
        if dice.random() < BUY:
            person.buys = some_time_later(0.1, 1.9)
        return person

    def moments(self) -> Iterator[datetime]:
        """The moments at which the clock stands still for people and workers."""
        for number in range(self.days + RUN_OUT):
            for moment in MOMENTS if number < self.days + 4 else CALM_MOMENTS:
                yield datetime.combine(self.start + timedelta(days=number), moment, ZONE)

    def confirms_at(self, userid: str, text: str, handed: datetime) -> datetime | None:
        """When the staff member confirms this send; None is never."""
        dice = random.Random(f"{self.seed}:{userid}:{handed:%m%d%H%M}:{text}")
        roll = dice.random()
        if roll < PROMPT:
            return handed + timedelta(minutes=dice.uniform(0, 240))
        if roll < PROMPT + LATE:
            return handed + timedelta(hours=dice.uniform(16, 40))
        return None

    def does_the_task(self, customer: str) -> bool:
        return random.Random(f"{self.seed}:{customer}:call").random() < 0.7
