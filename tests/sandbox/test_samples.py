"""Our answers have the fields of WeCom's published samples, and its published requests are understood."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.actors import Corp

OPTIONAL = {
    # what WeCom sends only in some cases, or to other kinds of apps
    "user_list": {"mobile", "gender", "email", "avatar", "thumb_avatar", "address", "english_name", "qr_code"}
    | {"wechat_channels"},
    "externalcontact_get": {"next_cursor", "state", "wechat_channels", "remark_corp_name", "position", "corp_name"}
    | {"corp_full_name", "external_profile"},
}


def sample(samples: Path, name: str) -> Any:
    return json.loads((samples / f"{name}.json").read_text(encoding="utf-8"))


def missing(expected: Any, actual: Any, optional: set[str], path: str = "") -> list[str]:
    """Paths of fields that the sample has and the answer has not, or has with another type."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return [path]
        return [
            problem
            for name, value in expected.items()
            if name not in optional
            for problem in (
                missing(value, actual[name], optional, f"{path}.{name}") if name in actual else [f"{path}.{name}"]
            )
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [path]
        return missing(expected[0], actual[0], optional, f"{path}[]") if expected and actual else []
    return [] if type(expected) is type(actual) else [f"{path}: {type(actual).__name__}"]


@pytest.mark.parametrize(
    ("name", "path", "query"),
    [
        ("department_list", "department/list", {}),
        ("department_simplelist", "department/simplelist", {}),
        ("user_simplelist", "user/simplelist", {"department_id": 2}),
        ("user_list", "user/list", {"department_id": 2}),
        ("getcallbackip", "getcallbackip", {}),
        ("externalcontact_get_follow_user_list", "externalcontact/get_follow_user_list", {}),
        ("externalcontact_list", "externalcontact/list", {"userid": "anna"}),
    ],
)
def test_get_answers(corp: Corp, samples: Path, name: str, path: str, query: dict[str, Any]) -> None:
    corp.add("anna")
    expected = sample(samples, f"{name}.response")
    assert missing(expected, corp.get(path, **query), OPTIONAL.get(name, set())) == []


def test_a_customer(corp: Corp, samples: Path) -> None:
    customer = corp.add("anna")
    answer = corp.get("externalcontact/get", external_userid=customer)
    optional = OPTIONAL["externalcontact_get"]
    assert missing(sample(samples, "externalcontact_get.wechat_user.response"), answer, optional) == []
    page = corp.post("externalcontact/batch/get_by_user", userid_list=["anna"])
    assert missing(sample(samples, "externalcontact_batch_get_by_user.response"), page, optional) == []


def test_tags_and_contact_ways(corp: Corp, samples: Path) -> None:
    request = sample(samples, "externalcontact_add_corp_tag.request")
    added = corp.post("externalcontact/add_corp_tag", {**request, "group_id": ""})
    assert missing(sample(samples, "externalcontact_add_corp_tag.response"), added, set()) == []
    ids = [tag["id"] for tag in added["tag_group"]["tag"]]
    listed = corp.post("externalcontact/get_corp_tag_list", tag_id=ids)
    assert missing(sample(samples, "externalcontact_get_corp_tag_list.response"), listed, set()) == []
    way = {**sample(samples, "externalcontact_add_contact_way.single_qr.request"), "user": ["anna"]}
    made = corp.post("externalcontact/add_contact_way", way)
    assert missing(sample(samples, "externalcontact_add_contact_way.response"), made, set()) == []


def test_mass_sends(corp: Corp, samples: Path) -> None:
    customer = corp.add("anna")
    request = sample(samples, "externalcontact_add_msg_template.request")
    image = corp.upload("image", "a.png", b"\x89PNG\r\n\x1a\n1234")["media_id"]
    request |= {"external_userid": [customer], "sender": "anna", "attachments": request["attachments"][:3]}
    request["attachments"][0]["image"]["media_id"] = image
    request["attachments"][2]["miniprogram"]["pic_media_id"] = image
    made = corp.post("externalcontact/add_msg_template", request)
    assert missing(sample(samples, "externalcontact_add_msg_template.response"), made, set()) == []
    corp.confirm(made["msgid"])
    for name in ("get_groupmsg_task", "get_groupmsg_send_result.single"):
        path = f"externalcontact/{name.removesuffix('.single')}"
        answer = corp.post(path, msgid=made["msgid"], userid="anna")
        assert missing(sample(samples, f"externalcontact_{name}.response"), answer, {"next_cursor"}) == []
    assert corp.messages()[0]["attachments"] == request["attachments"]


def test_app_messages(corp: Corp, samples: Path) -> None:
    for kind in ("text", "textcard"):
        request = sample(samples, f"message_send.{kind}.request")
        answer = corp.post("message/send", {**request, "touser": "anna|X", "toparty": "", "agentid": 1000002})
        assert answer["errcode"] == 0
        assert missing(sample(samples, "message_send.response"), answer, {"response_code"}) == []


def test_media(corp: Corp, samples: Path) -> None:
    answer = corp.upload("image", "a.png", b"\x89PNG\r\n\x1a\n1234")
    assert missing(sample(samples, "media_upload.response"), answer, set()) == []
