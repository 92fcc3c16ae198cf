"""What the client sends has the documented shape: every field that we send is documented, with the same JSON type, and
carries the documented value when we are given it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from wecom.contact_specs import ContactWaySpec
from wecom.errors import ErrorKind, WeComError
from wecom.group_specs import JoinWaySpec
from wecom.outgoing import NewTag
from wecom.payloads.times import WECOM_ZONE


def day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, WECOM_ZONE).date()


EVERY_CUSTOMER_CALL = {
    "externalcontact_batch_get_by_user": lambda c, d: c.customers.batch_by_user(
        d["userid_list"], d["cursor"], d["limit"]
    ),
    "externalcontact_remark": lambda c, d: c.customers.remark(
        d["userid"],
        d["external_userid"],
        remark=d["remark"],
        description=d["description"],
        company=d["remark_company"],
        mobiles=d["remark_mobiles"],
    ),
    "externalcontact_get_corp_tag_list": lambda c, d: c.tags.list(d["tag_id"], d["group_id"]),
    "externalcontact_add_corp_tag": lambda c, d: c.tags.add(
        group_id=d["group_id"],
        group_name=d["group_name"],
        order=d["order"],
        tags=[NewTag(tag["name"], tag["order"]) for tag in d["tag"]],
    ),
    "externalcontact_edit_corp_tag": lambda c, d: c.tags.edit(d["id"], name=d["name"], order=d["order"]),
    "externalcontact_del_corp_tag": lambda c, d: c.tags.delete(d["tag_id"], d["group_id"]),
    "externalcontact_mark_tag": lambda c, d: c.tags.mark(
        d["userid"], d["external_userid"], add=d["add_tag"], remove=d["remove_tag"]
    ),
    "externalcontact_add_contact_way.single_qr": lambda c, d: c.contact_ways.add(ContactWaySpec(**d)),
    "externalcontact_add_contact_way": lambda c, d: c.contact_ways.add(ContactWaySpec(**d)),
    "externalcontact_update_contact_way": lambda c, d: c.contact_ways.update(
        d["config_id"], ContactWaySpec(**{name: value for name, value in d.items() if name != "config_id"})
    ),
    "externalcontact_get_contact_way": lambda c, d: c.contact_ways.get(d["config_id"]),
    "externalcontact_del_contact_way": lambda c, d: c.contact_ways.delete(d["config_id"]),
    "externalcontact_list_contact_way": lambda c, d: list(
        c.contact_ways.list(datetime.fromtimestamp(d["start_time"], UTC), datetime.fromtimestamp(d["end_time"], UTC))
    ),
    "externalcontact_send_welcome_msg": lambda c, d: c.welcome.send(
        d["welcome_code"], d["text"]["content"], d["attachments"]
    ),
    "externalcontact_add_msg_template": lambda c, d: c.mass.create(
        sender=d["sender"],
        external_userids=d["external_userid"],
        text=d["text"]["content"],
        attachments=d["attachments"],
    ),
    "externalcontact_remind_groupmsg_send": lambda c, d: c.mass.remind(d["msgid"]),
    "externalcontact_cancel_groupmsg_send": lambda c, d: c.mass.cancel(d["msgid"]),
    "externalcontact_get_groupmsg_list_v2": lambda c, d: list(
        c.mass.list(
            datetime.fromtimestamp(d["start_time"], UTC),
            datetime.fromtimestamp(d["end_time"], UTC),
            filter_type=d["filter_type"],
        )
    ),
    "externalcontact_get_groupmsg_task": lambda c, d: list(c.mass.tasks(d["msgid"])),
    "externalcontact_get_groupmsg_send_result": lambda c, d: list(c.mass.results(d["msgid"], d["userid"])),
    "message_send.text": lambda c, d: c.app.send_text(d["touser"].split("|"), d["text"]["content"]),
    "message_send.textcard": lambda c, d: c.app.send_textcard(
        d["touser"].split("|"),
        d["textcard"]["title"],
        d["textcard"]["description"],
        d["textcard"]["url"],
        d["textcard"]["btntxt"],
    ),
    "externalcontact_groupchat_list": lambda c, d: list(
        c.groups.list(d["owner_filter"]["userid_list"], d["status_filter"], d["limit"])
    ),
    "externalcontact_groupchat_get": lambda c, d: c.groups.get(d["chat_id"], need_name=bool(d["need_name"])),
    "externalcontact_opengid_to_chatid": lambda c, d: c.groups.chat_id_of(d["opengid"]),
    "externalcontact_groupchat_transfer": lambda c, d: c.groups.transfer(d["chat_id_list"], d["new_owner"]),
    "externalcontact_groupchat_onjob_transfer": lambda c, d: c.groups.transfer_on_job(
        d["chat_id_list"], d["new_owner"]
    ),
    "externalcontact_groupchat_add_join_way": lambda c, d: c.group_join_ways.add(JoinWaySpec(**d)),
    "externalcontact_groupchat_get_join_way": lambda c, d: c.group_join_ways.get(d["config_id"]),
    "externalcontact_groupchat_update_join_way": lambda c, d: c.group_join_ways.update(
        d["config_id"], JoinWaySpec(**{name: value for name, value in d.items() if name != "config_id"})
    ),
    "externalcontact_groupchat_del_join_way": lambda c, d: c.group_join_ways.delete(d["config_id"]),
    "externalcontact_group_welcome_template_add": lambda c, d: c.group_welcomes.add(
        d["text"]["content"], {"msgtype": "image", "image": d["image"]}, notify=bool(d["notify"])
    ),
    "externalcontact_group_welcome_template_edit": lambda c, d: c.group_welcomes.edit(
        d["template_id"], d["text"]["content"], {"msgtype": "miniprogram", "miniprogram": d["miniprogram"]}
    ),
    "externalcontact_group_welcome_template_get": lambda c, d: c.group_welcomes.get(d["template_id"]),
    "externalcontact_group_welcome_template_del": lambda c, d: c.group_welcomes.delete(d["template_id"]),
    "externalcontact_groupchat_statistic": lambda c, d: list(
        c.group_statistics.by_owner(
            d["owner_filter"]["userid_list"],
            day(d["day_begin_time"]),
            day(d["day_end_time"]),
            order_by=d["order_by"],
            ascending=bool(d["order_asc"]),
        )
    ),
    "externalcontact_groupchat_statistic_group_by_day": lambda c, d: c.group_statistics.by_day(
        d["owner_filter"]["userid_list"], day(d["day_begin_time"]), day(d["day_end_time"])
    ),
    "externalcontact_transfer_customer": lambda c, d: c.inheritance.transfer(
        d["handover_userid"], d["takeover_userid"], d["external_userid"], message=d["transfer_success_msg"]
    ),
    "externalcontact_transfer_result": lambda c, d: list(
        c.inheritance.results(d["handover_userid"], d["takeover_userid"])
    ),
    "externalcontact_resigned_transfer_customer": lambda c, d: c.inheritance.transfer_resigned(
        d["handover_userid"], d["takeover_userid"], d["external_userid"]
    ),
    "externalcontact_resigned_transfer_result": lambda c, d: list(
        c.inheritance.results_resigned(d["handover_userid"], d["takeover_userid"])
    ),
    "externalcontact_get_unassigned_list": lambda c, d: list(c.inheritance.unassigned()),
    "externalcontact_get_user_behavior_data": lambda c, d: c.behaviour.by_day(
        day(d["start_time"]), day(d["end_time"]), userids=d["userid"], departments=d["partyid"]
    ),
}
# A sample that breaks the rule of its own page: one user for a way of type 1, and no party.
MENDED = {"externalcontact_add_contact_way": {"user": ["zhangsan"], "party": []}}
OURS = {"limit", "page_size", "cursor", "type"}  # values that are ours to choose
ANSWER = {
    "errcode": 0,
    "msgid": "m",
    "config_id": "c",
    "tag_group": {"group_id": "g"},
    "contact_way": {"config_id": "c"},
    "group_chat": {"chat_id": "c"},
    "chat_id": "c",
    "join_way": {"config_id": "c"},
    "template_id": "t",
}
LISTS = {
    "externalcontact/get_corp_tag_list": {"tag_group": []},
    "externalcontact/list_contact_way": {"contact_way": []},
}


def assert_documented(sent: Any, documented: Any, path: str = "body") -> None:
    assert type(sent) is type(documented), path
    if isinstance(sent, dict):
        for name, value in sent.items():
            assert name in documented, f"{path}.{name} is not documented"
            assert_documented(value, documented[name], f"{path}.{name}")
    elif isinstance(sent, list):
        assert len(sent) == len(documented), path
        for number, value in enumerate(sent):
            assert_documented(value, documented[number], f"{path}[{number}]")
    elif path.rpartition(".")[2] not in OURS:
        assert sent == documented, path


@pytest.mark.parametrize("name", EVERY_CUSTOMER_CALL)
def test_every_request_has_the_documented_shape(name, client, played, sample):
    documented = sample(f"{name}.request.json") | MENDED.get(name, {})
    played.default = [lambda request: {**ANSWER, **LISTS.get(request.endpoint, {})}]
    EVERY_CUSTOMER_CALL[name](client, documented)
    request = played.asked[-1]
    assert request.method == "POST"
    assert request.endpoint.replace("/", "_") == name.split(".")[0]
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.query == {"access_token": "token-1"}
    assert_documented(request.body, documented)


GETS = {
    "department/list": (lambda c: c.contacts.departments(), {}, {"department": []}),
    "department/simplelist": (lambda c: c.contacts.department_ids(), {}, {"department_id": []}),
    "user/list": (lambda c: c.contacts.users(2), {"department_id": "2"}, {"userlist": []}),
    "user/simplelist": (lambda c: c.contacts.users_simple(2), {"department_id": "2"}, {"userlist": []}),
    "user/get": (lambda c: c.contacts.user("林 a&b"), {"userid": "林 a&b"}, {"userid": "u"}),
    "externalcontact/get_follow_user_list": (lambda c: c.customers.follow_users(), {}, {"follow_user": []}),
    "externalcontact/list": (lambda c: c.customers.list("u"), {"userid": "u"}, {"external_userid": []}),
    "externalcontact/get": (
        lambda c: c.customers.get("wm1"),
        {"external_userid": "wm1"},
        {"external_contact": {"external_userid": "wm1"}},
    ),
    "auth/getuserinfo": (lambda c: c.auth.userinfo("c0de"), {"code": "c0de"}, {"userid": "u"}),
}


@pytest.mark.parametrize("endpoint", GETS)
def test_gets_carry_their_parameters_in_the_query(endpoint, client, played):
    call, query, answer = GETS[endpoint]
    played.says(endpoint, answer | {"errcode": 0})
    call(client)
    (request,) = played.to(endpoint)
    assert (request.method, request.query) == ("GET", {**query, "access_token": "token-1"})


def test_the_token_is_asked_for_once_with_the_credentials(client, played):
    played.default = [{"errcode": 0, "follow_user": []}]
    client.customers.follow_users()
    client.customers.follow_users()
    (request,) = played.to("gettoken")
    assert request.query == {"corpid": "wwtest", "corpsecret": "the-secret"}


def test_a_file_goes_up_as_the_part_media_with_its_chinese_name(client, played):
    played.says("media/upload", {"errcode": 0, "media_id": "m1", "type": "file", "created_at": "1380000000"})
    media = client.media.upload("file", "价目表.pdf", b"%PDF-1.7 ...")
    (request,) = played.to("media/upload")
    assert media.media_id == "m1"
    assert request.query == {"type": "file", "access_token": "token-1"}
    assert 'form-data; name="media"; filename="价目表.pdf"'.encode() in request.raw
    assert b"filename*" not in request.raw
    assert b"%PDF-1.7 ..." in request.raw


def test_mobiles_are_cleared_by_one_empty_text(client, played):
    client.customers.remark("u", "wm1", mobiles=[])
    assert played.asked[-1].body["remark_mobiles"] == [""]


IMAGE = {"msgtype": "image", "image": {"media_id": "m"}}
LINK = {"title": "t", "url": "https://example.com"}
REFUSED_BEFORE_THE_CALL = {
    "text.content has 4001 bytes": lambda c: c.mass.create(sender="u", external_userids=["wm"], text="a" * 4001),
    "text.content has 4002 bytes": lambda c: c.welcome.send("code", "企" * 1334),
    "attachments has 10 entries": lambda c: c.welcome.send("code", "hi", [IMAGE] * 10),
    "text and attachments are both empty": lambda c: c.welcome.send("code"),
    "external_userid has 10001 entries": lambda c: c.mass.create(
        sender="u", external_userids=["wm"] * 10_001, text="a"
    ),
    "external_userid has 0 entries": lambda c: c.mass.create(sender="u", external_userids=[], text="a"),
    "sender is missing": lambda c: c.mass.create(sender="", external_userids=["wm"], text="a"),
    r"attachments\[1\] is none of": lambda c: c.welcome.send("code", "", [IMAGE, {"msgtype": "voice", "voice": {}}]),
    r"attachments\[0\].image.media_id is missing": lambda c: c.welcome.send(
        "c", "", [{"msgtype": "image", "image": {}}]
    ),
    r"attachments\[0\].link.title has 129 bytes": lambda c: c.welcome.send(
        "code", "", [{"msgtype": "link", "link": LINK | {"title": "企" * 43}}]
    ),
    r"attachments\[0\].link.url is missing": lambda c: c.welcome.send(
        "code", "", [{"msgtype": "link", "link": {"title": "t"}}]
    ),
    r"attachments\[0\].miniprogram.page is missing": lambda c: c.welcome.send(
        "code", "", [{"msgtype": "miniprogram", "miniprogram": {"title": "t", "pic_media_id": "m", "appid": "a"}}]
    ),
    "remark has 21 characters": lambda c: c.customers.remark("u", "wm", remark="备" * 21),
    "description has 151 characters": lambda c: c.customers.remark("u", "wm", description="d" * 151),
    "remark: nothing to change": lambda c: c.customers.remark("u", "wm"),
    "userid_list has 101 entries": lambda c: c.customers.batch_by_user(["u"] * 101),
    r"tag\[0\].name has 31 characters": lambda c: c.tags.add(group_name="g", tags=["标" * 31]),
    r"tag\[1\].name is empty": lambda c: c.tags.add(group_name="g", tags=["a", ""]),
    "group_name: a group is needed": lambda c: c.tags.add(tags=["a"]),
    "add_tag and remove_tag are both empty": lambda c: c.tags.mark("u", "wm"),
    "tag_id and group_id are both empty": lambda c: c.tags.delete(),
    "state has 31 characters": lambda c: c.contact_ways.add(ContactWaySpec(user=["u"], state="s" * 31)),
    "exactly one user": lambda c: c.contact_ways.add(ContactWaySpec(user=["u", "v"], type=1)),
    "needs a user or a party": lambda c: c.contact_ways.add(ContactWaySpec()),
    "media has 5 bytes": lambda c: c.media.upload("image", "a.png", b"12345"),
    "type is none of": lambda c: c.media.upload("exe", "a.exe", b"1234567"),
    "text.content has 2049 bytes": lambda c: c.app.send_text(["u"], "a" * 2049),
    "textcard.title has 129 characters": lambda c: c.app.send_textcard(["u"], "t" * 129, "d", "https://e.com"),
    "touser has 1001 entries": lambda c: c.app.send_text(["u"] * 1001, "hi"),
}


@pytest.mark.parametrize("problem", REFUSED_BEFORE_THE_CALL)
def test_what_wecom_would_cut_or_refuse_is_never_sent(problem, client, played):
    with pytest.raises(WeComError, match=problem) as refusal:
        REFUSED_BEFORE_THE_CALL[problem](client)
    assert (refusal.value.kind, refusal.value.fate_unknown) == (ErrorKind.PERMANENT, False)
    assert played.asked == []
