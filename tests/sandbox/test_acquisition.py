"""Acquisition links: what the app is told, who gets the customer, what a bought unit is worth."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import AES_KEY, TOKEN, Corp, Receiver

AREA = "externalcontact/customer_acquisition"


def create(corp: Corp, **more: Any) -> str:
    body = {"link_name": "抖音", "range": {"user_list": ["anna"]}, **more}
    return corp.post(f"{AREA}/create_link", body)["link"]["link_id"]


def arrive(corp: Corp, link_id: str, status: int = 200, **more: Any) -> dict[str, Any]:
    return corp.act(f"acquisition/{link_id}/arrive", status, **more)


def acquisition(receiver: Receiver, count: int) -> list[dict[str, str]]:
    """The first events about acquisition, as soon as there are so many."""

    def found() -> list[dict[str, str]]:
        return [event for event in receiver.events if event["Event"] == "customer_acquisition"]

    with receiver._changed:
        assert receiver._changed.wait_for(lambda: len(found()) >= count, timeout=5), receiver.events
        return found()


def sample_fields(samples: Path, change: str) -> set[str]:
    text = (samples / f"callback_customer_acquisition_{change}.xml").read_text(encoding="utf-8")
    return {element.tag for element in ET.fromstring(text)}


def test_an_arrival_is_an_application_and_a_new_friend(heard: Corp, receiver: Receiver, samples: Path) -> None:
    heard.act("acquisition/buy", units=100)
    link_id = create(heard)
    scanned = arrive(heard, link_id, channel="抖音1")
    bought, asked, added = receiver.wait(3)
    assert bought["ChangeType"] == "balance_increased"
    assert (asked["ChangeType"], asked["LinkId"], asked["State"]) == ("friend_request", link_id, "抖音1")
    assert set(asked) == sample_fields(samples, "friend_request")
    assert (added["ChangeType"], added["State"]) == ("add_external_contact", "抖音1")
    assert (added["WelcomeCode"], added["UserID"]) == (scanned["welcome_code"], "anna")


def test_without_a_channel_there_is_no_state(heard: Corp, receiver: Receiver) -> None:
    heard.act("acquisition/buy", units=100)
    arrive(heard, create(heard))
    assert all("State" not in event for event in receiver.wait(3))


def test_a_long_channel_is_cut_at_64_bytes(corp: Corp) -> None:
    corp.act("acquisition/buy", units=100)
    link_id = create(corp)
    arrive(corp, link_id, channel="道" * 30)
    assert corp.post(f"{AREA}/customer", link_id=link_id)["customer_list"][0]["state"] == "道" * 21


def test_the_balance_tells_when_it_is_low_gone_and_back(heard: Corp, receiver: Receiver, samples: Path) -> None:
    link_id = create(heard, range={"department_list": [2]})
    heard.act("acquisition/buy", units=21)
    for _ in range(21):
        arrive(heard, link_id)
    heard.act("acquisition/buy", units=50)
    events = acquisition(receiver, 25)
    told = [event for event in events if event["ChangeType"].startswith("balance")]
    assert [event["ChangeType"] for event in told] == [
        "balance_increased",
        "balance_low",
        "balance_exhausted",
        "balance_increased",
    ]
    assert set(told[1]) == sample_fields(samples, "balance_low")
    assert [event["ChangeType"] for event in events].index("balance_low") == 2  # the second arrival leaves 19


def test_without_units_a_link_leads_nowhere(corp: Corp) -> None:
    link_id = create(corp)
    assert "No unit is left" in arrive(corp, link_id, 409)["error"]
    assert corp.look("customers")["customers"] == []
    assert corp.request("POST", f"/ca/{link_id}").status == 409


def test_units_that_expire_soon_are_told_five_times(heard: Corp, receiver: Receiver, samples: Path) -> None:
    heard.act("acquisition/buy", units=10, days=30)
    heard.advance(17 * 86400)
    (warning,) = acquisition(receiver, 2)[1:]
    assert (warning["ChangeType"], warning["ExpireQuotaNum"]) == ("quota_expire_soon", "10")
    assert set(warning) == sample_fields(samples, "quota_expire_soon")
    assert int(warning["ExpireTime"]) - int(warning["CreateTime"]) == 14 * 86400
    heard.advance(86400)
    heard.advance(11.5 * 86400)
    before = [int(event["ExpireTime"]) - int(event["CreateTime"]) for event in acquisition(receiver, 6)[1:]]
    assert before == [days * 86400 for days in (14, 7, 3, 2, 1)]


def test_a_link_whose_members_all_left_is_unavailable(heard: Corp, receiver: Receiver, samples: Path) -> None:
    heard.act("acquisition/buy", units=10)
    alone, shared = create(heard), create(heard, range={"user_list": ["anna", "Bert"]})
    heard.act("staff/anna/leave")
    event = acquisition(receiver, 2)[1]
    assert (event["ChangeType"], event["LinkId"]) == ("link_unavailable", alone)
    assert set(event) == sample_fields(samples, "link_unavailable")
    assert "takes customers" in arrive(heard, alone, 409)["error"]
    assert arrive(heard, shared)["userid"] == "Bert"


def test_an_admin_deletes_a_link_and_the_app_is_told(heard: Corp, receiver: Receiver, samples: Path) -> None:
    by_api, by_admin = create(heard), create(heard)
    heard.post(f"{AREA}/delete_link", link_id=by_api)
    heard.act(f"acquisition/{by_admin}/delete")
    (event,) = acquisition(receiver, 1)
    assert (event["ChangeType"], event["LinkId"]) == ("delete_link", by_admin)
    assert set(event) == sample_fields(samples, "delete_link")
    assert heard.request("GET", f"/ca/{by_admin}").status == 404


def test_the_first_and_then_some_messages_of_a_customer(heard: Corp, receiver: Receiver, samples: Path) -> None:
    heard.act("acquisition/buy", units=10)
    link_id = create(heard)
    scanned = arrive(heard, link_id)
    for _ in range(11):
        heard.act(f"customers/{scanned['external_userid']}/chat", userid="anna")
    events = acquisition(receiver, 6)[2:]
    assert [event["ChangeType"] for event in events] == ["customer_start_chat"] + ["message_from_customer"] * 3
    assert set(events[0]) == sample_fields(samples, "customer_start_chat")
    assert (events[0]["UserID"], events[0]["ExternalUserID"]) == ("anna", scanned["external_userid"])
    counts = [heard.post(f"{AREA}/get_chat_info", chat_key=event["ChatKey"])["chat_info"] for event in events[1:]]
    assert [count["recv_msg_cnt"] for count in counts] == [3, 5, 10]
    assert "UserID" not in events[1]


def test_only_the_app_that_made_a_link_hears_of_it(heard: Corp, receiver: Receiver) -> None:
    other = {"agentid": 7, "secret": "other-secret", "token": TOKEN, "aes_key": AES_KEY}
    heard.act("apps", **other, callback_url=receiver.url)
    heard.act("acquisition/buy", units=10)
    acquisition(receiver, 2)  # balances concern everybody
    arrive(heard, create(heard))
    heard.control("tasks/run")
    requests = [event["ChangeType"] for event in receiver.events if event["Event"] == "customer_acquisition"]
    assert requests == ["balance_increased", "balance_increased", "friend_request"]


def test_some_corps_are_told_when_a_link_is_opened(heard: Corp, receiver: Receiver) -> None:
    link_id = create(heard)
    heard.act(f"acquisition/{link_id}/open", channel="a")
    heard.change(open_profile=True)
    heard.act(f"acquisition/{link_id}/open", channel="b")
    (event,) = acquisition(receiver, 1)
    assert (event["ChangeType"], event["LinkId"], event["State"]) == ("open_profile", link_id, "b")


def test_who_must_be_accepted_waits(corp: Corp) -> None:
    corp.act("acquisition/buy", units=10)
    link_id = create(corp, skip_verify=False)
    asked = arrive(corp, link_id, channel="c")
    assert (asked["accepted"], asked["welcome_code"]) == (False, None)
    assert corp.post(f"{AREA}/customer", link_id=link_id)["customer_list"] == []
    assert corp.get("externalcontact/list", userid="anna")["errcode"] == 84061
    accepted = corp.act(f"acquisition/{link_id}/accept", external_userid=asked["external_userid"])
    assert accepted["welcome_code"]
    assert corp.get("externalcontact/list", userid="anna")["external_userid"] == [asked["external_userid"]]
    corp.act(f"acquisition/{link_id}/accept", 409, external_userid=asked["external_userid"])


def test_a_friend_who_comes_again_costs_nothing(corp: Corp) -> None:
    corp.act("acquisition/buy", units=10)
    link_id = create(corp)
    friend = arrive(corp, link_id)["external_userid"]
    again = arrive(corp, link_id, external_userid=friend)
    assert again["welcome_code"] is None
    assert corp.get("externalcontact/customer_acquisition_quota")["balance"] == 9


def test_who_left_and_comes_back_is_new_again(corp: Corp) -> None:
    corp.act("acquisition/buy", units=10)
    link_id = create(corp)
    friend = arrive(corp, link_id, channel="a")["external_userid"]
    corp.act(f"customers/{friend}/delete_staff", userid="anna")
    assert arrive(corp, link_id, external_userid=friend, channel="b")["welcome_code"]
    (row,) = corp.post(f"{AREA}/customer", link_id=link_id)["customer_list"]
    assert row["state"] == "b"
    assert corp.get("externalcontact/customer_acquisition_quota")["balance"] == 8


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        (None, {"anna"}),
        ({"priority_type": 1}, {"Bert"}),
        ({"priority_type": 2, "priority_userid_list": ["Bert"]}, {"Bert"}),
        ({"priority_type": 2, "priority_userid_list": ["anna"]}, {"anna"}),
    ],
)
def test_a_present_friend_may_come_first(corp: Corp, priority: dict[str, Any] | None, expected: set[str]) -> None:
    corp.act("acquisition/buy", units=10)
    link_id = create(corp, **({"priority_option": priority} if priority else {}))
    met = {arrive(corp, link_id, external_userid=corp.add("Bert"))["userid"] for _ in range(3)}
    assert met == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"link_name": ""}, 40063),
        ({"link_name": "链" * 31}, 40058),
        ({"range": None}, 40063),
        ({"range": {}}, 40063),
        ({"range": {"user_list": []}}, 40063),
        ({"range": {"user_list": ["nobody"]}}, 60111),
        ({"range": {"user_list": ["dora"]}}, 60111),
        ({"range": {"user_list": ["carl"]}}, 84074),
        ({"range": {"department_list": [99]}}, 60003),
        ({"range": {"user_list": "anna"}}, 40058),
        ({"range": {"user_list": [f"u{n}" for n in range(501)]}}, 40058),
        ({"skip_verify": 1}, 40058),
        ({"priority_option": {"priority_type": 3}}, 40058),
        ({"priority_option": {}}, 40063),
        ({"priority_option": {"priority_type": 2}}, 40063),
    ],
)
def test_what_is_refused(corp: Corp, fields: dict[str, Any], code: int) -> None:
    answer = corp.post(f"{AREA}/create_link", {"link_name": "a", "range": {"user_list": ["anna"]}, **fields})
    assert (answer["errcode"], answer["link"]) == (code, {})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("get", {}, 40063),
        ("get", {"link_id": "unknown"}, 40058),
        ("list_link", {"limit": 101}, 40058),
        ("customer", {"link_id": "LINK", "limit": 1001}, 40058),
        ("customer", {"link_id": "LINK", "cursor": "abc"}, 50100),
        ("statistic", {"link_id": "LINK"}, 40063),
        ("statistic", {"link_id": "LINK", "start_time": 1, "end_time": 2}, 40058),
        ("get_chat_info", {}, 41201),
    ],
)
def test_what_cannot_be_asked(corp: Corp, path: str, body: dict[str, Any], code: int) -> None:
    link_id = create(corp)
    asked = {name: link_id if value == "LINK" else value for name, value in body.items()}
    assert corp.post(f"{AREA}/{path}", asked)["errcode"] == code


def test_statistics_count_whole_days_of_at_most_thirty(corp: Corp) -> None:
    corp.act("acquisition/buy", units=10)
    link_id = create(corp)
    arrive(corp, link_id)
    now = int(corp_now(corp))
    body = {"link_id": link_id, "start_time": now, "end_time": now}
    assert corp.post(f"{AREA}/statistic", body)["new_customer_cnt"] == 1
    assert corp.post(f"{AREA}/statistic", body | {"end_time": now + 31 * 86400})["errcode"] == 40058


def corp_now(corp: Corp) -> float:
    return datetime.fromisoformat(corp.see("clock")["now"]).timestamp()


def test_the_documented_requests_are_understood(corp: Corp, samples: Path) -> None:
    body = json.loads((samples / "externalcontact_customer_acquisition_create_link.request.json").read_text("utf-8"))
    body["range"] = {"user_list": ["anna"], "department_list": [2, 3]}
    link_id = corp.post(f"{AREA}/create_link", body)["link"]["link_id"]
    shown = corp.post(f"{AREA}/get", link_id=link_id)
    documented = json.loads((samples / "externalcontact_customer_acquisition_get.response.json").read_text("utf-8"))
    assert set(shown) == set(documented)
    assert set(shown["link"]) == set(documented["link"])
    assert shown["priority_option"] == body["priority_option"]


def test_the_page_behind_a_link(make_corp: Callable[..., Corp]) -> None:
    corp = make_corp()
    corp.act("acquisition/buy", units=5)
    link_id = create(corp, link_name="<b>抖音</b>")
    page = corp.request("GET", f"/ca/{link_id}?customer_channel=%3Ci%3Ea&lang=en").data.decode()
    assert "&lt;b&gt;抖音" in page
    assert "&lt;i&gt;a" in page
    assert "Add as a new customer" in page
    assert "Added anna" in corp.request("POST", f"/ca/{link_id}?lang=en", fields={"name": "张三"}).data.decode()
    assert corp.look("acquisition")["links"][0]["customers"] == 1
    assert corp.look("acquisition")["balance"] == 4
    assert corp.request("GET", f"/ca/{link_id}.png").data.startswith(b"\x89PNG")
    assert corp.request("GET", "/ca/unknown").status == 404
    assert corp.request("GET", "/ca/unknown.png").status == 404
    shown = corp.look("view")
    assert ([link["link_id"] for link in shown["links"]], shown["units"]) == ([link_id], 4)
