import json
import time
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as configured

from scrm import embedded
from tests.wecom.callbacks import sealed, through, xml_of
from wecom import callback, doorbell


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    embedded.acquire(configured.VAR_DIR, ["valkey"])
    with redis.Redis.from_url(configured.REDIS_URL, decode_responses=True) as broker:
        broker.delete("urgent")
        yield broker
        broker.delete("urgent")


def messages(broker: redis.Redis, number: int) -> list[str]:
    """The arguments of the tasks in the queue `urgent`, once `number` have arrived or three seconds have passed."""
    end = time.monotonic() + 3
    while broker.llen("urgent") < number and time.monotonic() < end:
        time.sleep(0.02)
    waiting = [json.loads(message) for message in broker.lrange("urgent", 0, -1)]
    assert {message["headers"]["task"] for message in waiting} <= {"wecom.tasks.process_inbox"}
    return sorted(message["headers"]["argsrepr"] for message in waiting)


def test_a_new_event_rings_and_a_repeated_one_does_not(corp, broker):
    request = sealed(corp, xml_of(corp, WelcomeCode="code"))
    for _ in range(3):
        through(callback.wrap(None), "POST", f"/wecom/callback/{corp.corpid}/", *request)
        time.sleep(2 * doorbell.PAUSE)
    assert messages(broker, 1) == ["('urgent',)"]


def test_a_storm_of_events_rings_a_few_times(broker):
    for _ in range(2000):
        doorbell.ring("urgent")
        doorbell.ring("default")
    time.sleep(4 * doorbell.PAUSE)
    rung = messages(broker, 2)
    assert set(rung) == {"('urgent',)", "('default',)"}
    assert len(rung) < 20


def test_ringing_takes_no_time_at_all():
    began = time.perf_counter()
    for _ in range(1000):
        doorbell.ring("urgent")
    assert time.perf_counter() - began < 0.2
