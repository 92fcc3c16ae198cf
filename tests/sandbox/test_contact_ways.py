"""Contact ways: create, read, change, delete, and what a scan does."""

from typing import Any

import pytest

from tests.sandbox.actors import Corp


def add(corp: Corp, **fields: Any) -> dict[str, Any]:
    return corp.post("externalcontact/add_contact_way", {"type": 1, "scene": 2, "user": ["anna"], **fields})


def get(corp: Corp, config_id: str) -> dict[str, Any]:
    return corp.post("externalcontact/get_contact_way", config_id=config_id)["contact_way"]


def test_a_contact_way_and_its_qr_code(corp: Corp) -> None:
    made = add(corp, state="门口", remark="入口海报")
    assert len(made["config_id"]) == 32
    assert made["qr_code"] == f"{corp.url}/qr/{made['config_id']}"
    way = get(corp, made["config_id"])
    assert (way["state"], way["remark"], way["user"], way["party"]) == ("门口", "入口海报", ["anna"], [])
    assert way["skip_verify"] is True
    assert way["qr_code"] == made["qr_code"]
    image = corp.request("GET", f"/qr/{made['config_id']}.png")
    assert image.headers["Content-Type"] == "image/png"
    assert image.data.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": None}, 41037),
        ({"scene": None}, 41038),
        ({"type": 3}, 41039),
        ({"scene": 5}, 41040),
        ({"user": ["anna", "bert"]}, 41041),
        ({"user": []}, 41041),
        ({"party": [2]}, 41041),
        ({"user": ["nobody"]}, 60111),
        ({"user": ["carl"]}, 84074),
        ({"state": "字" * 31}, 40058),
        ({"remark": "字" * 31}, 40058),
        ({"type": 2, "user": [], "party": [99]}, 41041),
        ({"user": "anna"}, 40058),
        ({"scene": 1, "style": 4}, 41042),
        ({"type": 2, "scene": 1, "style": 3}, 41042),
        ({"type": 2, "is_temp": True}, 41039),
        ({"is_temp": True, "expires_in": 14 * 86400 + 1}, 40058),
        ({"is_temp": True, "chat_expires_in": 14 * 86400 + 1}, 40058),
        ({"is_temp": True, "conclusions": {"text": {"content": "企" * 1334}}}, 45002),
        ({"is_temp": True, "conclusions": {"link": {"title": "企" * 43, "url": "https://e.com"}}}, 40058),
        ({"is_temp": True, "conclusions": {"link": {"title": "t"}}}, 40063),
        ({"is_temp": True, "conclusions": {"image": {"media_id": "unknown"}}}, 40007),
        ({"is_temp": True, "conclusions": {"image": {}}}, 40007),
        ({"is_temp": True, "conclusions": {"miniprogram": {"title": "企" * 22}}}, 40058),
        ({"is_temp": True, "conclusions": "谢谢"}, 40058),
    ],
)
def test_what_is_refused(corp: Corp, fields: dict[str, Any], code: int) -> None:
    answer = add(corp, **fields)
    assert answer["errcode"] == code
    assert answer["config_id"] == ""


def test_what_is_for_temporary_chats_only_is_ignored_elsewhere(corp: Corp) -> None:
    config_id = add(corp, expires_in=60, chat_expires_in=60, unionid="o1", conclusions={"text": {"content": "a"}})
    way = get(corp, config_id["config_id"])
    assert not {"expires_in", "chat_expires_in", "unionid", "conclusions"} & set(way)


def test_of_several_conclusions_the_image_wins_over_link_and_miniprogram(corp: Corp) -> None:
    image = corp.upload("image", "a.png", b"\x89PNG\r\n\x1a\n1234")["media_id"]
    link = {"title": "t", "url": "https://e.com"}
    program = {"title": "t", "pic_media_id": image, "appid": "wx1", "page": "/"}
    parts = {"image": {"media_id": image}, "link": link, "miniprogram": program}
    expected = ["image", "link", "miniprogram"]
    for first in range(3):
        given = {kind: parts[kind] for kind in reversed(expected[first:])}
        config_id = add(corp, is_temp=True, conclusions=given)["config_id"]
        friend = corp.act("scan", config_id=config_id)["external_userid"]
        assert corp.post("externalcontact/close_temp_chat", userid="anna", external_userid=friend)["errcode"] == 0
        (message,) = corp.look(f"customers/{friend}")["messages"]
        assert [part["msgtype"] for part in message["attachments"]] == [expected[first]]


def test_update_replaces_the_members_and_keeps_the_rest(corp: Corp) -> None:
    config_id = add(corp, type=2, state="a")["config_id"]
    answer = corp.post("externalcontact/update_contact_way", config_id=config_id, user=["Bert"], remark="新")
    assert answer["errcode"] == 0
    way = get(corp, config_id)
    assert (way["user"], way["remark"], way["state"]) == (["Bert"], "新", "a")
    assert corp.post("externalcontact/update_contact_way", config_id=config_id, user=[])["errcode"] == 41041


def test_a_deleted_one_is_gone(corp: Corp) -> None:
    config_id = add(corp)["config_id"]
    assert corp.post("externalcontact/del_contact_way", config_id=config_id)["errcode"] == 0
    assert corp.post("externalcontact/del_contact_way", config_id=config_id)["errcode"] == 41044
    assert corp.post("externalcontact/get_contact_way")["errcode"] == 41043
    corp.act("scan", 409, config_id=config_id)


def test_list_knows_windows_and_leaves_out_temporary_ones(corp: Corp) -> None:
    config_id = add(corp)["config_id"]
    add(corp, is_temp=True)
    assert corp.post("externalcontact/list_contact_way", {})["contact_way"] == [{"config_id": config_id}]
    corp.advance(91 * 86400)
    assert corp.post("externalcontact/list_contact_way", {})["contact_way"] == []
    answer = corp.post("externalcontact/list_contact_way", start_time=1600000000, end_time=1 << 31)
    assert answer["contact_way"] == [{"config_id": config_id}]


def test_a_scan_makes_a_friend_with_the_ways_state(corp: Corp) -> None:
    config_id = add(corp, state="门口")["config_id"]
    scanned = corp.act("scan", config_id=config_id, name="张三")
    assert scanned["userid"] == "anna"
    relation = corp.get("externalcontact/get", external_userid=scanned["external_userid"])["follow_user"][0]
    assert (relation["state"], relation["add_way"]) == ("门口", 1)
    assert corp.look("contact_ways")["contact_ways"][0]["scans"] == 1


def test_a_scan_may_name_the_way_by_its_state(corp: Corp) -> None:
    add(corp, state="门口", user=["Bert"])
    assert corp.act("scan", state="门口")["userid"] == "Bert"


def test_several_staff_share_a_way_and_departments_are_expanded(corp: Corp) -> None:
    config_id = add(corp, type=2, user=[], party=[2])["config_id"]
    met = {corp.act("scan", config_id=config_id)["userid"] for _ in range(30)}
    assert met == {"anna", "Bert"}


def test_the_page_behind_the_code_scans_as_a_new_customer(corp: Corp) -> None:
    config_id = add(corp, remark="入口海报")["config_id"]
    page = corp.request("GET", f"/qr/{config_id}?lang=zh").data.decode()
    assert "入口海报" in page
    answer = corp.request("POST", f"/qr/{config_id}", fields={"name": "<b>张三</b>"})
    assert answer.status == 200
    customer = corp.look("customers")["customers"][0]
    assert customer["name"] == "<b>张三</b>"
    assert customer["external_userid"] in answer.data.decode()
    assert corp.request("GET", "/qr/unknown").status == 404
    assert corp.request("GET", "/qr/unknown.png").status == 404


def test_who_left_a_temporary_chat_and_came_back_has_an_ordinary_one(corp: Corp) -> None:
    way = add(corp, is_temp=True, chat_expires_in=3600, conclusions={"text": {"content": "再见"}})
    friend = corp.act("scan", config_id=way["config_id"])["external_userid"]
    corp.act(f"customers/{friend}/delete_staff", userid="anna")
    answer = corp.post("externalcontact/close_temp_chat", userid="anna", external_userid=friend)
    assert answer["errcode"] == 40035
    corp.advance(2)
    corp.act("scan", userid="anna", external_userid=friend)
    corp.advance(3600)
    assert corp.look(f"customers/{friend}")["messages"] == []
    assert corp.get("externalcontact/list", userid="anna")["external_userid"] == [friend]
