"""Customer groups, read only, in the demo's shop; mass sends to groups."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.sandbox.actors import Corp
from wecom.sandbox import preset
from wecom.sandbox.server import Server


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corp]:
    server = Server(tmp_path_factory.mktemp("shop") / "store.sqlite3").start()
    preset.build(server.world, size=preset.Size(customers=40), callback_base="")
    yield Corp(server.url, preset.CORPID, preset.APP.secret, urllib3.PoolManager())
    server.close()


def chats(shop: Corp, **more: object) -> dict[str, list[dict[str, object]]]:
    return shop.post("externalcontact/groupchat/list", {"limit": 100, **more})


def test_list_by_owner_and_in_pages(shop: Corp) -> None:
    assert len(chats(shop)["group_chat_list"]) == 3
    assert len(chats(shop, owner_filter={"userid_list": ["CHENJING"]})["group_chat_list"]) == 1
    assert chats(shop, status_filter=1)["group_chat_list"] == []
    first = chats(shop, limit=2)
    assert len(chats(shop, limit=2, cursor=first["next_cursor"])["group_chat_list"]) == 1
    assert chats(shop, limit=None)["errcode"] == 40063
    assert chats(shop, limit=1001)["errcode"] == 40058
    assert chats(shop, status_filter=4)["errcode"] == 40058


def test_get_with_and_without_names(shop: Corp) -> None:
    chat_id = chats(shop)["group_chat_list"][0]["chat_id"]
    chat = shop.post("externalcontact/groupchat/get", chat_id=chat_id, need_name=1)["group_chat"]
    owner, customer = chat["member_list"][0], chat["member_list"][1]
    assert (owner["userid"], owner["type"]) == (chat["owner"], 1)
    assert customer["name"]
    assert customer["type"] == 2
    assert len(chat["member_version"]) == 32
    plain = shop.post("externalcontact/groupchat/get", chat_id=chat_id)["group_chat"]
    assert "name" not in plain["member_list"][1]
    assert shop.post("externalcontact/groupchat/get", chat_id="wrnothing")["errcode"] == 90501


def test_a_mass_send_to_groups_reaches_their_customers(shop: Corp) -> None:
    chat_id = chats(shop, owner_filter={"userid_list": ["chenjing"]})["group_chat_list"][0]["chat_id"]
    body = {
        "chat_type": "group",
        "sender": "chenjing",
        "chat_id_list": [chat_id, "wrnothing"],
        "text": {"content": "x"},
    }
    sent = shop.post("externalcontact/add_msg_template", body)
    assert sent["fail_list"] == ["wrnothing"]
    shop.confirm(sent["msgid"], "chenjing")
    rows = shop.post("externalcontact/get_groupmsg_send_result", msgid=sent["msgid"], userid="chenjing")["send_list"]
    assert [(row["chat_id"], row["status"]) for row in rows] == [(chat_id, 1)]
    members = shop.post("externalcontact/groupchat/get", chat_id=chat_id)["group_chat"]["member_list"]
    assert len(shop.messages("group")) == len([member for member in members if member["type"] == 2])
    assert shop.post("externalcontact/add_msg_template", {**body, "sender": ""})["errcode"] == 41009


def test_the_shop_is_the_same_from_the_same_seed(tmp_path: Path) -> None:
    shops = []
    for name in ("one", "two", "three"):
        server = Server(tmp_path / name, seed=2 if name == "three" else 1)
        preset.build(server.world, size=preset.Size(customers=30), callback_base="")
        with server.world.store.transaction() as db:
            shops.append(
                [tuple(row) for row in db.execute("SELECT external_userid, name FROM customer ORDER BY rowid")]
            )
        server.close()
    assert shops[0] == shops[1]
    assert shops[0] != shops[2]
