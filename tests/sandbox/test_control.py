"""The control API: bad input gets 400 and a sentence, unknown things 404, the impossible 409."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.actors import AES_KEY, Corp


def test_the_clock(corp: Corp) -> None:
    before = datetime.fromisoformat(corp.see("clock")["now"])
    after = corp.control("clock", advance=3600)
    assert timedelta(seconds=3599) < datetime.fromisoformat(after["now"]) - before < timedelta(seconds=3610)
    year = before.year + 3
    set_ = corp.control("clock", set=f"{year}-03-01T10:00:00")
    assert set_["now"].startswith(f"{year}-03-01T02:00:0")  # Shanghai's ten o'clock


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": -1},
        {"advance": "1"},
        {"set": "soon"},
        {"advance": 1, "set": "2026-01-01"},
        {"advance": 1, "x": 1},
        {"advance": 1e12},
        {"advance": True},
        {"set": "0001-01-01T00:00:00"},
    ],
)
def test_bad_clock_settings(corp: Corp, body: dict[str, Any]) -> None:
    assert corp.control("clock", 400, **body)["error"].endswith(".")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"corpid": ""}, "corpid"),
        ({"secret": ""}, "secret"),
        ({"aes_key": "short"}, "aes_key"),
        ({"aes_key": AES_KEY[:-1] + "B"}, "aes_key"),
        ({"callback_url": "ftp://x"}, "callback_url"),
        ({"quota_policy": "year"}, "quota_policy"),
        ({"agentid": "1"}, "agentid"),
        ({"staff": [{"userid": "x"}]}, "name"),
        ({"staff": [{"userid": "x", "name": "x", "nose": 1}]}, "nose"),
        ({"departments": [{"name": "x"}]}, "id"),
        ({"departments": {}}, "departments"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_corps_are_refused_with_the_field(corp: Corp, change: dict[str, Any], word: str) -> None:
    body = {"corpid": "wwbad", "secret": "s", "token": "t", "aes_key": AES_KEY, **change}
    assert word in corp.control("corps", 400, **body)["error"]
    assert "wwbad" not in [entry["corpid"] for entry in corp.see("corps")["corps"]]


def test_a_corp_can_be_changed_field_by_field(corp: Corp) -> None:
    changed = corp.control("corps", corpid=corp.corpid, name="新名", minute_limit=7)
    assert (changed["name"], changed["minute_limit"], changed["secret"]) == ("新名", 7, corp.secret)
    corp.control("corps", corpid=corp.corpid, staff=[{"userid": "eve", "name": "夏娃"}])
    assert [row["userid"] for row in corp.look("staff")["staff"]] == ["anna", "Bert", "carl", "dora", "eve"]


def test_unknown_things_are_404(corp: Corp) -> None:
    corp.see("corps/wwnobody/record", 404)
    corp.look("customers/wmnobody", 404)
    corp.look("staff/nobody", 404)
    corp.act("scan", 404, userid="nobody")
    corp.act("customers/wmnobody/delete_staff", 404, userid="anna")
    corp.act("staff/nobody/confirm", 404, msgid="x")
    corp.act("tags/delete", 404, id="etnothing")
    assert corp.request("GET", "/sandbox/api/nothing").status == 404
    assert corp.request("GET", "/sandbox/api/tasks/run").status == 405


def test_the_impossible_is_409(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.act(f"customers/{customer}/delete_staff", 409, userid="bert")
    corp.act(f"customers/{customer}/confirm_half", 409, userid="anna")
    corp.act("staff/bert/delete_customer", 409, external_userid=customer)
    corp.act("staff/anna/edit", 409, external_userid=customer, add_tag="etnothing")
    corp.act("staff/anna/confirm", 409, msgid="msgx")
    corp.act("scan", 409, config_id="nothing")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("scan", {"gender": 3}),
        ("scan", {"name": 5}),
        ("scan", {"colour": "red"}),
        ("staff/anna/confirm", {}),
        ("staff/anna/send", {"text": "x"}),
        ("staff/anna/edit", {"external_userid": "x", "add_tag": [1]}),
        ("tags/create", {"group": "g"}),
        ("expire_token", {"code": "1"}),
    ],
)
def test_bad_actions_are_400(corp: Corp, path: str, body: dict[str, Any]) -> None:
    assert corp.act(path, 400, **body)["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000, rb'{"set": "\ud800"}', b'{"advance": NaN}'])
def test_broken_json_is_400(corp: Corp, body: bytes) -> None:
    answer = corp.request("POST", "/sandbox/api/clock", body=body)
    assert answer.status == 400
    assert answer.json()["error"]


def test_lists_of_customers(corp: Corp) -> None:
    corp.add("anna", name="王小明")
    corp.add("anna", name="李四")
    assert [row["name"] for row in corp.look("customers?limit=1")["customers"]] == ["李四"]
    assert [row["name"] for row in corp.look("customers?q=%E5%B0%8F")["customers"]] == ["王小明"]
    corp.look("customers?limit=0", 400)


def test_a_members_phone_and_a_customers_phone(corp: Corp) -> None:
    customer = corp.add("anna", name="王小明")
    msgid = corp.mass(customer, text="新品")["msgid"]
    phone = corp.look("staff/ANNA")
    assert [row["name"] for row in phone["customers"]] == ["王小明"]
    task = phone["tasks"][0]
    assert (task["msgid"], task["open"], task["text"]) == (msgid, True, "新品")
    assert task["targets"] == [{"target": customer, "status": 0, "name": "王小明"}]
    corp.confirm(msgid)
    assert corp.look("staff/anna")["tasks"][0]["open"] is False
    shown = corp.look(f"customers/{customer}")
    assert (shown["name"], shown["messages"][0]["text"]) == ("王小明", "新品")
    assert shown["follows"][0]["state"] == "friend"


def test_edits_take_one_tag_or_several(corp: Corp) -> None:
    one, two = (tag["id"] for tag in corp.act("tags/create", group="g", names=["a", "b"])["tags"])
    customer = corp.add("anna")
    corp.act("staff/anna/edit", external_userid=customer, add_tag=one)
    corp.act("staff/anna/edit", external_userid=customer, add_tag=[two], remove_tag=one, remark="")
    follow = corp.look(f"customers/{customer}")["follows"][0]
    assert (follow["tags"], follow["remark"]) == ([two], "")


def test_the_record_holds_mass_sends_with_their_statuses(corp: Corp) -> None:
    friend, stranger = corp.add("anna"), corp.add("bert")
    msgid = corp.mass(friend, stranger, text="x")["msgid"]
    corp.confirm(msgid)
    entry = corp.look("record")["mass"][0]
    assert entry["external_userids"] == [friend, stranger]
    assert entry["statuses"] == {friend: 1}
    assert (entry["sender"], entry["text"], entry["cancelled"]) == ("anna", "x", False)
