"""The performance: the clock goes from moment to moment, people act, faults strike, the engine comes to rest."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Min, Q

from campaigns.models import Batch, BatchStatus, Campaign, Delivery, DeliveryStatus, Task
from scrm import embedded
from scrm.rehearsal.sandbox import Sandbox
from scrm.rehearsal.story import Person, Story
from scrm.rehearsal.world import World
from scrm.syncing import sync_corp
from staff.errors import WrongState
from staff.models import User
from wecom import clock
from wecom.models import Corp, InboxEvent

WRITES = [
    f"externalcontact/{name}"
    for name in ("add_msg_template", "cancel_groupmsg_send", "mark_tag", "remind_groupmsg_send", "send_welcome_msg")
]
SANDBOX_FAULTS: dict[str, dict[str, Any]] = {
    "timeout-after-accept": {"rate": 0.05, "hold": 1, "endpoints": WRITES},
    "drop-connection": {"rate": 0.03},
    "busy": {"rate": 0.03},
    "rate-limit": {"rate": 0.005},
    "token-expiry": {"rate": 0.02},
    "duplicate-callbacks": {"rate": 0.3},
    "reorder-callbacks": {"rate": 0.3},
    "lose-callbacks": {"rate": 0.15},
}
MACHINE_FAULTS = ("kill-worker", "flush-redis", "restart-postgres")
FAULTS = [*SANDBOX_FAULTS, *MACHINE_FAULTS]
STRIKES = 6  # times that each machine fault strikes in a run
SOON, WAITS = timedelta(minutes=10), 30  # a retry within this, or so many of them, are waited for
GATHER = timedelta(minutes=1)  # tries that lie closer together are waited for together


logger = logging.getLogger(__name__)
T = TypeVar("T")


def patiently(ask: Callable[[], T]) -> T:
    """Ask the database again where a restart of it broke the connection."""
    for _ in range(20):
        try:
            return ask()
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.5)
    return ask()


@dataclass
class Stage:
    world: World
    story: Story
    sandbox: Sandbox
    corp: Corp
    campaign: Campaign
    config_id: str
    bought_tag: str
    faults: list[str] = field(default_factory=list)
    acted: set[tuple[str, str]] = field(default_factory=set)
    confirmations: dict[str, datetime | None] = field(default_factory=dict)
    bought: dict[str, datetime] = field(default_factory=dict)
    befriended: dict[str, datetime] = field(default_factory=dict)

    # ---- the clock ---------------------------------------------------------------------------------------------
    def perform(self, tell: Callable[[str], None]) -> None:
        self.switch_faults_on()
        moments = list(self.story.moments())
        strikes = self.plan_strikes(len(moments))
        for number, moment in enumerate(moments):
            self.sandbox.turn_clock_to(moment)
            with self.striking(strikes.get(number, [])):
                self.settle()
            if self.people_act(moment) or number in strikes:
                self.settle(reconcile="lose-callbacks" in self.faults)
            if number % 20 == 0:
                tell(f"{moment:%m-%d %H:%M}")
        self.sandbox.call("DELETE", "faults")
        self.settle()

    def settle(self, *, reconcile: bool = False) -> None:
        """Let everything that the moment asks for happen, retries within a few minutes included.

        ``reconcile``: callbacks may have been lost, so WeCom is asked for what has changed.
        """
        calm = False
        for _ in range(WAITS):
            self.sandbox.deliver_callbacks()
            self.world.rest()
            if reconcile:
                self.reconcile_customers()
                reconcile = False
                continue
            wake = patiently(self.next_try)
            if wake is not None:
                self.sandbox.turn_clock_to(wake + GATHER)
            elif calm:
                return
            calm = wake is None  # one more look, since the worker may have been in the middle of something

    def reconcile_customers(self) -> None:
        """Sync the customers. Should WeCom make it wait, time passes meanwhile."""
        sync = threading.Thread(target=self.sync_customers)
        sync.start()
        while sync.is_alive():
            sync.join(2)
            if sync.is_alive():
                self.sandbox.advance(20)

    def sync_customers(self) -> None:
        try:
            sync_corp(self.corp, only=["customers"], started_by="rehearsal")
        except (DatabaseError, InterfaceError, WrongState) as error:  # the next one goes on where this one stopped
            logger.warning("a sync was broken off: %s", error)
        finally:
            connection.close()

    def next_try(self) -> datetime | None:
        """When something is tried again that the moment still asks for; None when all of it is done."""
        clock.forget()
        now = clock.now()
        inbox = InboxEvent.objects.of(self.corp).filter(state__in=["pending", "working"])
        batches = Batch.objects.of(self.corp)
        # those whose time has passed were tried just now, or wait for something else, such as the morning
        ready = batches.filter(status=BatchStatus.READY, next_try_at__gt=now, next_try_at__lte=now + SOON)
        held = Delivery.objects.of(self.corp).filter(status=DeliveryStatus.HELD, held_until__lte=now + SOON)
        at_work = batches.filter(Q(status=BatchStatus.CALLING) | Q(status=BatchStatus.UNSURE, undecided_at=None))
        tries = [query.aggregate(first=Min("next_try_at"))["first"] for query in (inbox, ready)]
        tries += [held.aggregate(first=Min("held_until"))["first"]]
        tries += [now] if at_work.exists() else []  # look-ups and leases run on real time
        return min((moment for moment in tries if moment), default=None)

    # ---- people ------------------------------------------------------------------------------------------------
    def people_act(self, moment: datetime) -> bool:
        acts = [self.act(person, moment) for person in self.story.people if person.arrives <= moment]
        return any([*acts, self.staff_confirm(moment), patiently(self.staff_do_tasks)])

    def act(self, person: Person, moment: datetime) -> bool:
        """Everything whose time has come for one person; each act happens once."""
        did = self.once(person, "arrives", self.arrive)
        if person.half_until and person.half_until <= moment:
            did |= self.once(person, "half_until", self.confirm_half)
        if person.second_staff and person.second_staff[1] <= moment:
            did |= self.once(person, "second_staff", self.meet_second_staff)
        if person.buys and person.buys <= moment:
            did |= self.once(person, "buys", self.buy)
        if person.leaves and person.leaves <= moment:
            did |= self.once(person, "leaves", self.leave)
        if person.dropped and person.dropped <= moment:
            did |= self.once(person, "dropped", self.drop)
        return did

    def once(self, person: Person, what: str, act: Callable[[Person], None]) -> bool:
        if (person.name, what) in self.acted:
            return False
        self.acted.add((person.name, what))
        act(person)
        return True

    def arrive(self, person: Person) -> None:
        body = {"name": person.name, "userid": person.staff, "half": person.half_until is not None}
        if not person.stranger:
            body["config_id"] = self.config_id
        person.external_userid = self.sandbox.corp("POST", "scan", **body)["external_userid"]

    def confirm_half(self, person: Person) -> None:
        self.sandbox.corp("POST", f"customers/{person.external_userid}/confirm_half", userid=person.staff)
        self.befriended[person.name] = self.sandbox.now()

    def meet_second_staff(self, person: Person) -> None:
        other = person.second_staff[0] if person.second_staff else ""
        self.sandbox.corp("POST", "scan", external_userid=person.external_userid, userid=other)

    def buy(self, person: Person) -> None:
        if not self.gone(person):
            self.bought[person.name] = self.sandbox.now()
            edit = {"external_userid": person.external_userid, "add_tag": [self.bought_tag]}
            self.sandbox.corp("POST", f"staff/{person.staff}/edit", **edit)

    def leave(self, person: Person) -> None:
        if not self.gone(person):
            path = f"customers/{person.external_userid}/delete_staff"
            self.sandbox.corp("POST", path, userid=person.staff)

    def drop(self, person: Person) -> None:
        if not self.gone(person):
            self.sandbox.corp("POST", f"staff/{person.staff}/delete_customer", external_userid=person.external_userid)

    def gone(self, person: Person) -> bool:
        profile = self.sandbox.corp("GET", f"customers/{person.external_userid}")
        return not any(
            follow["userid"] == person.staff and follow["state"] == "friend" for follow in profile["follows"]
        )

    def staff_confirm(self, moment: datetime) -> bool:
        did = False
        for userid in self.story.staff:
            for task in self.sandbox.corp("GET", f"staff/{userid}")["tasks"]:
                if not task["open"]:
                    continue
                msgid, handed = task["msgid"], datetime.fromisoformat(task["at"])
                when = self.confirmations.setdefault(msgid, self.story.confirms_at(userid, task["text"], handed))
                if when and when <= moment:
                    self.sandbox.corp("POST", f"staff/{userid}/confirm", msgid=msgid)
                    did = True
        return did

    def staff_do_tasks(self) -> bool:
        """Calls are made and noted here, in the product: the sandbox knows nothing of them."""
        did = False
        for task in Task.objects.of(self.corp).open().filter(customer__isnull=False).select_related("customer"):
            assert task.customer
            if self.story.does_the_task(task.customer.external_userid):
                with suppress(WrongState):
                    task.done(User.objects.get(username="rehearsal"))
                    did = True
        return did

    # ---- faults ------------------------------------------------------------------------------------------------
    def switch_faults_on(self) -> None:
        chosen = {name: SANDBOX_FAULTS[name] for name in self.faults if name in SANDBOX_FAULTS}
        if chosen:
            self.sandbox.call("POST", "faults", **chosen)

    def plan_strikes(self, moments: int) -> dict[int, list[str]]:
        dice = random.Random(f"{self.story.seed}:strikes")
        plan: dict[int, list[str]] = {}
        for fault in self.faults:
            if fault in MACHINE_FAULTS:
                for number in dice.sample(range(moments), min(STRIKES, moments)):
                    plan.setdefault(number, []).append(fault)
        return plan

    @contextmanager
    def striking(self, faults: list[str]) -> Iterator[None]:
        """Let the faults strike at odd moments while the block runs; they are over when it ends."""
        dice = random.Random(f"{self.story.seed}:{sorted(self.acted)[-1:]}")
        timers = [threading.Timer(dice.uniform(0.05, 1.2), self.strike, (fault,)) for fault in faults]
        for timer in timers:
            timer.start()
        yield
        for timer in timers:
            timer.join()

    def strike(self, fault: str) -> None:
        match fault:
            case "kill-worker":
                self.world.restart(self.world.turner)
                self.world.restart(self.world.worker)
            case "flush-redis":
                redis.Redis.from_url(settings.REDIS_URL).flushall()
            case "restart-postgres":
                embedded.restart_postgres(settings.VAR_DIR)
