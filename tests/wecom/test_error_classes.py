"""Every errcode of the document's table does what its class says: how often it is asked again, what it stops, and who
hears of it. The calls go through the stored corp's gate: limits, breaker and token are the real ones."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, current_thread, main_thread

import pytest
from django.db import connections
from django.utils import timezone

from scrm.troubles import troubles
from wecom import clock
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, EndpointWindow, Suspension
from wecom.models.corp import SUSPENSION

READ = "externalcontact/get_follow_user_list"
WRITE = "externalcontact/mark_tag"
OTHER = "user/get"
FOLLOWERS = {"errcode": 0, "follow_user": ["lin"]}


@dataclass(frozen=True)
class Class:
    """`attempts` of one call; `tokens` fetched for it; `stops`: further calls of the "endpoint" or the "corp"."""

    kind: ErrorKind
    codes: tuple[int, ...]
    attempts: int = 1
    tokens: int = 1
    stops: str = ""


CLASSES = [
    Class(ErrorKind.TOKEN, (40014, 42001), attempts=2, tokens=2),
    Class(ErrorKind.RETRY, (-1, 6000, 45033, 45035, 41096), attempts=3),
    Class(ErrorKind.RETRY, (41063, 41079)),  # seconds to minutes: the caller comes back later
    Class(ErrorKind.LIMIT, (45009,), stops="endpoint"),
    Class(ErrorKind.CONFIG, (40001, 40013, 48004, 48006, 50003, 60020, 60031, 301007), stops="corp"),
    # one endpoint, member or recipient is concerned; the app's other calls go on
    Class(ErrorKind.CONFIG, (40056, 48002, 50001, 60011, 301002, 43009, 41102)),
    Class(ErrorKind.GONE, (60111, 84061, 40096, 84084, 49008, 90501, 40068, 41044, 41047, 41060)),
    Class(
        ErrorKind.QUOTA,
        (40126, 41045, 41055, 41068, 41069, 41078, 41094, 41095, 41210, 41303, 610001, 610023, 81017),
    ),
    Class(
        ErrorKind.PERMANENT,
        (
            *(40035, 40058, 40063, 45002, 45001, 45034, 41048, 41064, 41065, 41072, 90207),
            *(41080, 41081, 41082, 41083, 41084, 41085, 41086, 41087, 41088, 41089),
            *(41001, 987654),  # our own bug; a code that no document knows
        ),
    ),
    Class(ErrorKind.MEDIA, (40007, 40145)),
]
EVERY = [pytest.param(one, code, id=f"{one.kind}-{code}") for one in CLASSES for code in one.codes]


@pytest.fixture(autouse=True)
def _quick(settings, db) -> None:
    settings.WECOM_TIMEOUT = (1, 1)
    settings.WECOM_BACKOFF = 0


def read(corp: Corp) -> list[str]:
    return client_for(corp).customers.follow_users()


def write(corp: Corp) -> None:
    client_for(corp).tags.mark("lin", "wm1", add=["et1"])


def refused(call, corp: Corp) -> WeComError:
    with pytest.raises(WeComError) as refusal:
        call(corp)
    return refusal.value


@pytest.mark.parametrize(("one", "code"), EVERY)
@pytest.mark.parametrize(("call", "endpoint"), [(read, READ), (write, WRITE)], ids=["read", "write"])
def test_a_refusal_is_repeated_stops_and_alarms_as_its_class_says(call, endpoint, one, code, played_corp, played):
    played.says(endpoint, {"errcode": code, "errmsg": "no, hint: [1]"})
    played.says(OTHER, {"errcode": 0, "userid": "lin"})
    error = refused(call, played_corp)
    assert (error.kind, error.errcode, error.fate_unknown) == (one.kind, code, False)
    assert (len(played.to(endpoint)), len(played.to("gettoken"))) == (one.attempts, one.tokens)

    again = refused(call, played_corp)
    assert again.kind is one.kind
    asked_again = len(played.to(endpoint)) - one.attempts
    assert asked_again == (0 if one.stops else one.attempts)
    assert (error.retry_at is not None) == (one.stops == "endpoint")

    if one.stops == "corp":
        assert refused(lambda corp: client_for(corp).contacts.user("lin"), played_corp).errcode == code
    else:
        assert client_for(played_corp).contacts.user("lin").userid == "lin"
    assert len(played.to(OTHER)) == (0 if one.stops == "corp" else 1)
    assert Suspension.objects.filter(corp=played_corp).count() == (one.stops == "corp")


# --- one alert ---


def shown(corp: Corp) -> list[str]:
    """What the home page warns of."""
    corp.refresh_from_db()
    return [trouble.text for trouble in troubles(corp) if trouble.tone == "bad"]


@pytest.mark.django_db(transaction=True)
def test_a_burst_that_meets_a_closed_door_alarms_once(played_corp, played, caplog, settings):
    settings.WECOM_TIMEOUT = (5, 30)
    together = Barrier(8)

    def refuse(request):
        together.wait(20)  # eight calls are on their way before the first answer comes
        return {"errcode": 60020, "errmsg": "not allow to access from your ip"}

    played.says(READ, refuse)

    def call(_: int) -> int | None:
        try:
            return refused(read, played_corp).errcode
        finally:
            if current_thread() is not main_thread():
                connections.close_all()

    with ThreadPoolExecutor(8) as pool, caplog.at_level(logging.ERROR):
        assert set(pool.map(call, range(400))) == {60020}
    assert len(played.to(READ)) == 8
    (alarm,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "60020 not allow to access from your ip" in alarm.getMessage()
    assert [(row.errcode, row.closed_at) for row in Suspension.objects.all()] == [(60020, None)]
    assert len(shown(played_corp)) == 1
    assert "60020" in shown(played_corp)[0]


def test_an_outage_is_tried_again_every_five_minutes_and_stays_one_alarm(played_corp, played, caplog):
    no = {"errcode": 60020, "errmsg": "not allow to access from your ip"}
    played.says(READ, no, no, no, FOLLOWERS, no)
    start = clock.now()
    for minutes in (0, 6, 12):
        with clock.at(start + timedelta(minutes=minutes)):
            for _ in range(3):
                refused(read, played_corp)
    assert len(played.to(READ)) == 3
    assert Suspension.objects.count() == 1
    with clock.at(start + timedelta(minutes=18)):
        assert read(played_corp) == ["lin"]
        assert shown(played_corp) == []
    outage = Suspension.objects.get()
    assert (outage.closed_at - outage.opened_at) > 3 * SUSPENSION
    with clock.at(start + timedelta(minutes=30)):
        refused(read, played_corp)
    assert [row.closed_at is None for row in Suspension.objects.order_by("opened_at")] == [False, True]
    assert sum(record.levelno >= logging.ERROR for record in caplog.records) == 2


@pytest.mark.parametrize("code", [40056, 48002, 50001, 301002, 43009, 41102])
def test_what_one_endpoint_lacks_is_one_alarm_too(code, played_corp, played):
    played.says(READ, {"errcode": code, "errmsg": "api forbidden, hint: [1]"})
    for _ in range(5):
        refused(read, played_corp)
    (text,) = shown(played_corp)
    assert f"{READ}: api forbidden ({code})" in text
    with clock.at(clock.now() + timedelta(minutes=61)):
        assert shown(played_corp) == []


def test_what_concerns_one_member_alarms_nobody(played_corp, played):
    played.says(READ, {"errcode": 60011, "errmsg": "no privilege"})
    refused(read, played_corp)
    assert shown(played_corp) == []


def test_new_credentials_end_an_outage(played_corp, played):
    played.says("gettoken", {"errcode": 40001, "errmsg": "invalid credential"})
    assert refused(read, played_corp).endpoint == "gettoken"
    assert Suspension.objects.get().closed_at is None
    played_corp.set_credentials(secret="the-right-one")
    assert Suspension.objects.get().closed_at is not None
    played.says("gettoken", {"errcode": 0, "access_token": "good", "expires_in": 7200})
    played.says(READ, FOLLOWERS)
    assert read(played_corp) == ["lin"]
    assert shown(played_corp) == []


def test_another_corp_goes_on(played_corp, played):
    other = Corp(corpid="wwother", name="b", agentid=1, api_base_url=played.url)
    other.set_credentials(secret="b", callback_token="b", aes_key="b")
    played.says(READ, {"errcode": 60020, "errmsg": "no"}, FOLLOWERS)
    refused(read, played_corp)
    assert read(other) == ["lin"]


def test_a_resting_endpoint_says_until_when(played_corp, played):
    played.says(READ, {"errcode": 45009, "errmsg": "api freq out of limit"})
    refused(read, played_corp)
    window = EndpointWindow.objects.get(endpoint=READ)
    (told,) = [trouble.text for trouble in troubles(played_corp) if READ in trouble.text]
    assert timezone.localtime(window.resting_until).strftime("%M") in told


# --- answers that are not as documented ---


@pytest.mark.parametrize(
    ("answer", "followers"),
    [
        ({"follow_user": ["lin"]}, ["lin"]),  # no errcode: a success, for the result is there
        ({"errcode": "0", "follow_user": ["lin"]}, ["lin"]),
        ({"errcode": 0, "errmsg": None, "follow_user": None}, []),
        ({"errcode": 0, "follow_user": [7], "brand_new": {"a": [1]}}, ["7"]),
        (b'{"errcode": 0, "follow_user": ["l\\u0000i\\ud800n", "\xff"]}', ["li\ufffdn", "\ufffd"]),
    ],
)
def test_an_answer_may_drift(answer, followers, played_corp, played):
    played.says(READ, answer)
    assert read(played_corp) == followers


@pytest.mark.parametrize("answer", [{"errmsg": "ok"}, {"errcode": 0, "follow_user": {"lin": 1}}, {"errcode": None}])
def test_an_answer_without_its_result_is_no_success(answer, played_corp, played):
    played.says(READ, answer)
    assert refused(read, played_corp).kind is ErrorKind.UNKNOWN
    assert len(played.to(READ)) == 3


def test_unknown_numbers_of_a_list_of_values_are_kept(played_corp, played):
    task = {"userid": "lin", "status": "17", "send_time": ""}
    played.says("externalcontact/get_groupmsg_task", {"errcode": 0, "task_list": [task]})
    (row,) = client_for(played_corp).mass.tasks("m")
    assert (row.status, row.send_time) == (17, 0)
