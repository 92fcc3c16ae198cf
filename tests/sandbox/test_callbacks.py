"""Callbacks: signed and encrypted, retried, in order, and none for what the API did."""

import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from tests.sandbox.actors import AES_KEY, TOKEN, Corp, Receiver
from wecom.sandbox import crypto


def test_the_envelope_is_signed_and_names_the_corp_but_no_agent(heard: Corp, receiver: Receiver) -> None:
    heard.add("anna")
    receiver.wait(1)
    request = receiver.requests[0]
    query, outer = request["query"], request["outer"]
    assert set(query) == {"msg_signature", "timestamp", "nonce"}
    parts = (TOKEN, query["timestamp"], query["nonce"], outer["Encrypt"])
    assert crypto.signature(*parts) == query["msg_signature"]
    assert (outer["ToUserName"], outer["AgentID"]) == (heard.corpid, "")
    assert crypto.decrypt(outer["Encrypt"], heard.corpid, AES_KEY).startswith("<xml><ToUserName><![CDATA[")


def test_an_arrival_has_state_and_welcome_code(heard: Corp, receiver: Receiver) -> None:
    scanned = heard.act("scan", userid="bert", state="门口 ]]> & <x>")
    event = receiver.wait(1)[0]
    assert event == {
        "ToUserName": heard.corpid,
        "FromUserName": "sys",
        "CreateTime": event["CreateTime"],
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "Bert",
        "ExternalUserID": scanned["external_userid"],
        "State": "门口 ]]> & <x>",
        "WelcomeCode": scanned["welcome_code"],
    }


def test_every_event_has_the_elements_of_wecoms_samples(heard: Corp, receiver: Receiver, samples: Path) -> None:
    customer = heard.add("anna", half=True, state="s")
    heard.act(f"customers/{customer}/confirm_half", userid="anna")
    heard.act("staff/anna/edit", external_userid=customer, remark="新")
    heard.act(f"customers/{customer}/delete_staff", userid="anna")
    heard.act("staff/anna/delete_customer", external_userid=customer)
    made = heard.act("tags/create", group="g", names=["a", "b"])
    heard.act("tags/rename", id=made["tags"][0]["id"], name="c")
    heard.act("tags/shuffle", group_id=made["group_id"], ids=[tag["id"] for tag in made["tags"]])
    heard.act("tags/delete", id=made["group_id"])
    events = receiver.wait(11)
    optional = {"Source", "StrategyId", "State"}
    for event in events:
        kind = event["Event"].removeprefix("change_")
        sample = samples / f"callback_{event['ChangeType']}.xml"
        if kind == "external_tag":
            sample = samples / f"callback_change_external_tag_{event['ChangeType']}.xml"
        expected = {element.tag for element in ET.parse(sample).getroot()}
        assert expected - optional == set(event) - optional, event


def test_the_story_of_one_customer(heard: Corp, receiver: Receiver) -> None:
    customer = heard.add("anna", half=True)
    heard.act(f"customers/{customer}/confirm_half", userid="anna")
    heard.act("staff/anna/edit", external_userid=customer, remark="新")
    heard.act(f"customers/{customer}/delete_staff", userid="anna")
    heard.act("scan", external_userid=customer, userid="anna")
    heard.act("staff/anna/delete_customer", external_userid=customer)
    receiver.wait(6)
    assert receiver.changes() == [
        "add_half_external_contact",
        "add_external_contact",
        "edit_external_contact",
        "del_follow_user",
        "add_external_contact",
        "del_external_contact",
    ]


def test_deleting_a_tag_group_makes_one_event_and_its_last_tag_two(heard: Corp, receiver: Receiver) -> None:
    one = heard.act("tags/create", group="一", names=["a", "b"])
    heard.act("tags/delete", id=one["group_id"])
    two = heard.act("tags/create", group="二", names=["c"])
    heard.act("tags/delete", id=two["tags"][0]["id"])
    events = receiver.wait(8)
    deleted = [(event["TagType"], event["Id"]) for event in events if event["ChangeType"] == "delete"]
    tag, group = two["tags"][0]["id"], two["group_id"]
    assert sorted(deleted) == sorted([("tag_group", one["group_id"]), ("tag", tag), ("tag_group", group)])


def test_api_operations_make_no_callbacks(heard: Corp, receiver: Receiver) -> None:
    customer = heard.add("anna")
    made = heard.post("externalcontact/add_corp_tag", group_name="g", tag=[{"name": "a"}])["tag_group"]
    tag = made["tag"][0]["id"]
    who = {"userid": "anna", "external_userid": customer}
    heard.post("externalcontact/mark_tag", **who, add_tag=[tag])
    heard.post("externalcontact/remark", **who, remark="新")
    heard.post("externalcontact/edit_corp_tag", id=tag, name="b")
    heard.post("externalcontact/del_corp_tag", tag_id=[tag])
    heard.confirm(heard.mass(customer)["msgid"])
    assert heard.control("tasks/run")["pending"] == 0
    assert receiver.changes() == ["add_external_contact"]


def test_they_arrive_promptly_in_order_over_few_connections(heard: Corp, receiver: Receiver) -> None:
    started = time.monotonic()
    customers = [heard.add("anna") for _ in range(40)]
    events = receiver.wait(40)
    assert time.monotonic() - started < 4
    assert [event["ExternalUserID"] for event in events] == customers
    assert len(receiver.connections) <= 2


def test_a_bad_status_is_tried_again_three_times(heard: Corp, receiver: Receiver) -> None:
    receiver.answers = [500, 302, 404]
    heard.add("anna")
    receiver.wait(1)
    assert [request["status"] for request in receiver.requests] == [500, 302, 404, 200]
    assert settled(heard) == {"state": "delivered", "tries": 4, "answer": "200"}


def test_after_four_tries_it_is_given_up(heard: Corp, receiver: Receiver) -> None:
    receiver.answers = [500] * 4
    heard.add("anna")
    assert heard.control("tasks/run") == {"delivered": 0, "pending": 0}
    assert last(heard)["state"] == "failed"
    assert receiver.events == []
    heard.add("anna")
    receiver.wait(1)


def last(corp: Corp) -> dict[str, Any]:
    entry = corp.look("callbacks")["callbacks"][0]
    return {name: entry[name] for name in ("state", "tries", "answer")}


def settled(corp: Corp) -> dict[str, Any]:
    """The last callback's entry as soon as its fate is written down."""
    deadline = time.monotonic() + 5
    while last(corp)["state"] == "pending" and time.monotonic() < deadline:
        time.sleep(0.02)
    return last(corp)


def test_a_slow_receiver_is_cut_off_and_called_again(heard: Corp, receiver: Receiver) -> None:
    heard.change(callback_timeout=0.2)
    receiver.delay = 0.5
    heard.add("anna")
    assert receiver.arrived.wait(5)
    receiver.delay = 0
    receiver.wait(2)  # the first request was read in the end, too: WeCom's retries make duplicates
    assert len({event["ExternalUserID"] for event in receiver.events}) == 1
    assert settled(heard)["state"] == "delivered"
    assert last(heard)["tries"] >= 2


def test_a_dead_endpoint_delays_nobody_else(heard: Corp, make_corp: Any, receiver: Receiver) -> None:
    dead = make_corp(callback_url="http://127.0.0.1:9/callback", callback_retry=30)
    dead.add("anna")
    heard.add("anna")
    receiver.wait(1)
    assert last(dead)["state"] == "pending"
    assert dead.control("tasks/run") == {"delivered": 0, "pending": 0}
    assert last(dead)["state"] == "failed"


def test_a_corp_without_callback_url_has_none(corp: Corp) -> None:
    corp.add("anna")
    assert corp.look("callbacks")["callbacks"] == []
