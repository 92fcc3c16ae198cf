"""Members and departments change in the console; only the contact-sync helper hears of it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import AES_KEY, TOKEN, Corp, Receiver

HEADER = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "ChangeType"}


@pytest.fixture
def helper(heard: Corp, receiver: Receiver) -> Corp:
    """The corp with a contact-sync helper whose callbacks go to `receiver`."""
    add_helper(heard, receiver)
    return heard


def add_helper(corp: Corp, receiver: Receiver, **more: Any) -> None:
    credentials = {"agentid": 9, "secret": "helper", "token": TOKEN, "aes_key": AES_KEY}
    corp.act("apps", **credentials, callback_url=receiver.url, kind="contact-sync", customer_api=False, **more)


def facts(event: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in event.items() if name not in HEADER}


def told(corp: Corp, receiver: Receiver) -> list[dict[str, str]]:
    corp.control("tasks/run")
    return list(receiver.events)


def test_an_ordinary_app_hears_nothing(heard: Corp, receiver: Receiver) -> None:
    heard.act("contacts/create_user", userid="emil", name="埃米尔")
    heard.act("contacts/update_user", userid="emil", department=[2])
    heard.act("contacts/delete_user", userid="emil")
    heard.act("contacts/create_party", id=8, name="新店")
    assert told(heard, receiver) == []


def test_a_member_comes_moves_and_goes(helper: Corp, receiver: Receiver) -> None:
    helper.act("contacts/create_user", userid="emil", name="埃米尔", department=[2, 3], mobile="13800000000")
    helper.act("contacts/update_user", userid="emil", department=[3])
    helper.act("contacts/update_user", userid="emil", new_userid="emil2")
    helper.act("contacts/delete_user", userid="emil2")
    events = told(helper, receiver)
    assert [event["ChangeType"] for event in events] == ["create_user", "update_user", "update_user", "delete_user"]
    assert [facts(event) for event in events] == [
        {"UserID": "emil", "Department": "2,3"},
        {"UserID": "emil", "Department": "3"},
        {"UserID": "emil", "NewUserID": "emil2"},
        {"UserID": "emil2"},
    ]


def test_today_only_department_and_userid_are_worth_an_event(helper: Corp, receiver: Receiver) -> None:
    helper.act("contacts/update_user", userid="anna", name="安", position="店长", mobile="13800000000")
    assert told(helper, receiver) == []


def test_a_helper_from_before_2022_is_told_what_changed(heard: Corp, receiver: Receiver, samples: Path) -> None:
    add_helper(heard, receiver, early=True)
    heard.act("contacts/create_user", userid="emil", name="埃米尔", mobile="13800000000", email="e@example.com")
    heard.act("contacts/update_user", userid="emil", position="店长")
    created, updated = told(heard, receiver)
    text = (samples / "callback_change_contact_create_user.xml").read_text("utf-8")
    documented = {element.tag for element in ET.fromstring(text)}
    assert set(created) <= documented
    assert (created["Name"], created["Mobile"], created["Status"]) == ("埃米尔", "13800000000", "1")
    assert facts(updated) == {"UserID": "emil", "Position": "店长"}


def test_departments_come_change_and_go(helper: Corp, receiver: Receiver) -> None:
    helper.act("contacts/create_party", id=8, name="新店", parentid=2)
    helper.act("contacts/update_party", id=8, parentid=1)
    helper.act("contacts/delete_party", id=8)
    events = told(helper, receiver)
    assert [event["ChangeType"] for event in events] == ["create_party", "update_party", "delete_party"]
    assert [facts(event) for event in events] == [
        {"Id": "8", "ParentId": "2"},
        {"Id": "8", "ParentId": "1"},
        {"Id": "8"},
    ]


def test_a_renamed_member_keeps_everything(corp: Corp) -> None:
    friend = corp.add("anna")
    own = corp.act("staff/anna/send", external_userid=[friend], text="你好")["msgid"]
    way = {"type": 1, "scene": 2, "user": ["anna"]}
    config_id = corp.post("externalcontact/add_contact_way", way)["config_id"]
    chat_id = corp.act("groups", owner="anna", name="群", members=[friend])["chat_id"]
    sent = corp.mass(friend)["msgid"]
    corp.act("contacts/update_user", userid="anna", new_userid="anna001")
    assert corp.get("user/get", userid="anna")["errcode"] == 60111
    assert corp.get("user/get", userid="anna001")["name"] == "安娜"
    assert corp.get("externalcontact/list", userid="anna001")["external_userid"] == [friend]
    assert corp.post("externalcontact/get_contact_way", config_id=config_id)["contact_way"]["user"] == ["anna001"]
    chat = corp.post("externalcontact/groupchat/get", chat_id=chat_id)["group_chat"]
    assert (chat["owner"], chat["member_list"][0]["userid"]) == ("anna001", "anna001")
    corp.confirm(sent, "anna001")
    assert corp.statuses(sent, "anna001") == {friend: 1}
    creators = {one["msgid"]: one["creator"] for one in corp.look("record")["mass"]}
    assert creators[own] == "anna001"
    assert 'anna"' not in json.dumps(corp.look("record"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("create_user", {"userid": "anna", "name": "x"}),
        ("update_user", {"userid": "nobody", "name": "x"}),
        ("update_user", {"userid": "anna", "new_userid": "Bert"}),
        ("delete_user", {"userid": "nobody"}),
        ("create_party", {"id": 2, "name": "x"}),
        ("create_party", {"id": 9, "name": "x", "parentid": 99}),
        ("update_party", {"id": 99, "name": "x"}),
        ("update_party", {"id": 2, "parentid": 2}),
        ("delete_party", {"id": 2}),
    ],
)
def test_what_an_admin_cannot_do(corp: Corp, path: str, body: dict[str, Any]) -> None:
    assert corp.act(f"contacts/{path}", 409, **body)["error"]


def test_who_comes_back_is_a_member_again(corp: Corp) -> None:
    corp.act("contacts/delete_user", userid="anna")
    assert corp.get("user/get", userid="anna")["errcode"] == 60111
    corp.act("contacts/create_user", userid="anna", name="安娜", department=[3])
    assert corp.get("user/get", userid="anna")["department"] == [3]
