"""How many mass messages a customer may receive, by the corp's policy, in Shanghai's calendar."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.actors import Corp
from wecom.sandbox.quota import window


@pytest.mark.parametrize(
    ("policy", "moment", "start", "end", "cap"),
    [
        ("month", "2028-02-10T12:00+08:00", "2028-02-01", "2028-03-01", 29),
        ("month", "2027-12-31T23:59+08:00", "2027-12-01", "2028-01-01", 31),
        ("month", "2027-11-30T16:30+00:00", "2027-12-01", "2028-01-01", 31),  # already December in Shanghai
        ("week", "2027-11-07T23:00+08:00", "2027-11-01", "2027-11-08", 7),
        ("day", "2027-11-07T00:00+08:00", "2027-11-07", "2027-11-08", 1),
    ],
)
def test_windows(policy: str, moment: str, start: str, end: str, cap: int) -> None:
    found = window(policy, datetime.fromisoformat(moment).timestamp())
    expected = [datetime.fromisoformat(f"{day}T00:00+08:00").timestamp() for day in (start, end)]
    assert found == (*expected, cap)


def send(corp: Corp, customer: str) -> int:
    msgid = corp.mass(customer)["msgid"]
    corp.confirm(msgid)
    return corp.statuses(msgid)[customer]


def at(corp: Corp, moment: str) -> None:
    """Turns the clock forward to a moment of the next year."""
    year = datetime.fromisoformat(corp.see("clock")["now"]).astimezone(UTC).year + 1
    corp.control("clock", set=f"{year}-{moment}+08:00")
    corp.token = ""


def test_as_many_as_the_month_has_days_then_status_3(corp: Corp) -> None:
    at(corp, "04-29T12:00:00")
    customer, other = corp.add("anna"), corp.add("anna")
    assert [send(corp, customer) for _ in range(31)] == [1] * 30 + [3]
    assert send(corp, other) == 1
    assert len(corp.messages()) == 31
    assert corp.look(f"customers/{customer}")["quota_left"] == 0
    at_may = corp.see("clock")["now"][:4] + "-05-01T00:00:05+08:00"
    corp.control("clock", set=at_may)
    corp.token = ""
    assert send(corp, customer) == 1


def test_seven_a_week(corp: Corp) -> None:
    corp.change(quota_policy="week")
    customer = corp.add("anna")
    assert [send(corp, customer) for _ in range(8)] == [1] * 7 + [3]
    corp.advance(7 * 86400)
    assert send(corp, customer) == 1


def test_one_a_day_shared_by_all_senders_and_by_the_staffs_own(corp: Corp) -> None:
    corp.change(quota_policy="day")
    at(corp, "06-01T10:00:00")
    customer = corp.add("anna")
    corp.add("bert", external_userid=customer)
    assert corp.act("staff/bert/send", external_userid=[customer], text="您好")["sent"] == 1
    assert send(corp, customer) == 3
    corp.advance(14 * 3600 + 1)
    assert send(corp, customer) == 1


def test_a_welcome_does_not_count(corp: Corp) -> None:
    corp.change(quota_policy="day")
    scanned = corp.act("scan", userid="anna")
    corp.post("externalcontact/send_welcome_msg", welcome_code=scanned["welcome_code"], text={"content": "hi"})
    assert send(corp, scanned["external_userid"]) == 1


def test_the_moment_of_confirmation_decides(corp: Corp) -> None:
    corp.change(quota_policy="day")
    at(corp, "07-01T10:00:00")
    customer = corp.add("anna")
    first, second = corp.mass(customer)["msgid"], corp.mass(customer)["msgid"]
    corp.confirm(first)
    corp.advance(86400)
    corp.confirm(second)
    assert corp.statuses(first) == corp.statuses(second) == {customer: 1}
