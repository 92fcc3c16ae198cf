from datetime import date

import pytest

from wecom.errors import Unreadable
from wecom.group_specs import JoinWaySpec
from wecom.payloads import (
    AppMessage,
    BehaviourDay,
    ContactWay,
    CustomerRow,
    Department,
    ExternalContact,
    FailedChat,
    FollowUser,
    GroupWelcome,
    MassResult,
    Media,
    TagGroup,
    TransferItem,
    User,
    moment,
)

DAY = date(2026, 1, 1)
REQUESTABLE = {  # sample answer → the call that reads it
    "department_list.response.json": lambda c: c.contacts.departments(),
    "department_simplelist.response.json": lambda c: c.contacts.department_ids(),
    "user_list.response.json": lambda c: c.contacts.users(1),
    "user_simplelist.response.json": lambda c: c.contacts.users_simple(1),
    "user_get.response.json": lambda c: c.contacts.user("zhangsan"),
    "externalcontact_get_follow_user_list.response.json": lambda c: c.customers.follow_users(),
    "externalcontact_list.response.json": lambda c: c.customers.list("zhangsan"),
    "externalcontact_list.error84061.response.json": lambda c: c.customers.list("zhangsan"),
    "externalcontact_get.wechat_user.response.json": lambda c: c.customers.get("wm1"),
    "externalcontact_batch_get_by_user.response.json": lambda c: c.customers.batch_by_user(["rocky"]),
    "externalcontact_remark.response.json": lambda c: c.customers.remark("u", "wm1", remark="r"),
    "externalcontact_get_corp_tag_list.response.json": lambda c: c.tags.list(),
    "externalcontact_add_corp_tag.response.json": lambda c: c.tags.add(group_name="g", tags=["t"]),
    "externalcontact_edit_corp_tag.response.json": lambda c: c.tags.edit("t", name="n"),
    "externalcontact_del_corp_tag.response.json": lambda c: c.tags.delete(["t"]),
    "externalcontact_mark_tag.response.json": lambda c: c.tags.mark("u", "wm1", add=["t"]),
    "externalcontact_get_contact_way.response.json": lambda c: c.contact_ways.get("x"),
    "externalcontact_del_contact_way.response.json": lambda c: c.contact_ways.delete("x"),
    "externalcontact_send_welcome_msg.response.json": lambda c: c.welcome.send("code", "hi"),
    "externalcontact_add_msg_template.response.json": lambda c: c.mass.create(
        sender="u", external_userids=["wm1"], text="hi"
    ),
    "externalcontact_remind_groupmsg_send.response.json": lambda c: c.mass.remind("m"),
    "externalcontact_cancel_groupmsg_send.response.json": lambda c: c.mass.cancel("m"),
    "externalcontact_get_groupmsg_send_result.single.response.json": lambda c: list(c.mass.results("m", "u")),
    "message_send.response.json": lambda c: c.app.send_text(["u"], "hi"),
    "media_upload.response.json": lambda c: c.media.upload("image", "a.jpg", b"\xff\xd8\xff...."),
    "auth_getuserinfo.member.response.json": lambda c: c.auth.userinfo("code"),
    "auth_getuserinfo.external.response.json": lambda c: c.auth.userinfo("code"),
    "externalcontact_groupchat_get.response.json": lambda c: c.groups.get("wr1"),
    "externalcontact_opengid_to_chatid.response.json": lambda c: c.groups.chat_id_of("o1"),
    "externalcontact_groupchat_transfer.response.json": lambda c: c.groups.transfer(["wr1"], "u"),
    "externalcontact_groupchat_add_join_way.response.json": lambda c: c.group_join_ways.add(JoinWaySpec(["wr1"])),
    "externalcontact_groupchat_get_join_way.response.json": lambda c: c.group_join_ways.get("x"),
    "externalcontact_groupchat_update_join_way.response.json": lambda c: c.group_join_ways.update(
        "x", JoinWaySpec(["wr1"])
    ),
    "externalcontact_groupchat_del_join_way.response.json": lambda c: c.group_join_ways.delete("x"),
    "externalcontact_group_welcome_template_add.response.json": lambda c: c.group_welcomes.add("hi"),
    "externalcontact_group_welcome_template_edit.response.json": lambda c: c.group_welcomes.edit("t", "hi"),
    "externalcontact_group_welcome_template_del.response.json": lambda c: c.group_welcomes.delete("t"),
    "externalcontact_groupchat_statistic.response.json": lambda c: list(c.group_statistics.by_owner(["u"], DAY)),
    "externalcontact_transfer_customer.response.json": lambda c: c.inheritance.transfer("u", "v", ["wm1"]),
    "externalcontact_resigned_transfer_customer.response.json": lambda c: c.inheritance.transfer_resigned(
        "u", "v", ["wm1"]
    ),
    "externalcontact_get_user_behavior_data.response.json": lambda c: c.behaviour.by_day(DAY, DAY, userids=["u"]),
}
FOLLOWED_BY_A_LAST_PAGE = {
    "externalcontact_get.response.json": lambda c: c.customers.get("wm1"),
    "externalcontact_list_contact_way.response.json": lambda c: list(c.contact_ways.list()),
    "externalcontact_get_groupmsg_list_v2.response.json": lambda c: list(c.mass.list(moment(1), moment(2))),
    "externalcontact_get_groupmsg_task.response.json": lambda c: list(c.mass.tasks("m")),
    "externalcontact_get_groupmsg_send_result.response.json": lambda c: list(c.mass.results("m", "u")),
    "externalcontact_groupchat_list.response.json": lambda c: list(c.groups.list()),
    "externalcontact_transfer_result.response.json": lambda c: list(c.inheritance.results("u", "v")),
    "externalcontact_get_unassigned_list.response.json": lambda c: list(c.inheritance.unassigned()),
}


@pytest.mark.parametrize("name", REQUESTABLE)
def test_every_documented_answer_is_understood(name, client, played, sample):
    played.default = [sample(name)]
    result = REQUESTABLE[name](client)
    envelope_only = set(sample(name)) == {"errcode", "errmsg"}
    assert (result is None) == envelope_only


@pytest.mark.parametrize("name", FOLLOWED_BY_A_LAST_PAGE)
def test_every_documented_page_is_read_and_the_next_one_asked_for(name, client, played, sample):
    page = sample(name)
    played.default = [page, page | {"next_cursor": ""}]
    result = FOLLOWED_BY_A_LAST_PAGE[name](client)
    rows = result if isinstance(result, list) else result.follows
    per_page = next(len(value) for field, value in page.items() if isinstance(value, list))
    assert len(rows) == 2 * per_page
    asked = played.asked[-1]
    cursor = asked.query.get("cursor") or asked.body["cursor"]
    assert cursor == page["next_cursor"]


def test_a_customer_with_all_documented_fields(sample):
    data = sample("externalcontact_get.response.json")
    contact = ExternalContact.from_wecom(data["external_contact"])
    rocky, tommy = [FollowUser.from_wecom(row) for row in data["follow_user"]]
    assert (contact.name, contact.type, contact.corp_name) == ("李四", 2, "腾讯")
    assert rocky.remark_mobiles == ("13800000001", "13000000002")
    assert [tag.type for tag in rocky.tags] == [1, 2, 3]
    assert rocky.tag_id == ("etAJ2GCAAAXtWyujaWJHDDGi0mACHAAA", "stAJ2GCAAAXtWyujaWJHDDGi0mACHAAA")
    assert rocky.wechat_channels.source == 1
    assert (tommy.state, tommy.tags, tommy.wechat_channels) == ("外联二维码1", (), None)


def test_the_other_documented_bodies_say_what_they_say(sample):
    row = CustomerRow.from_wecom(sample("externalcontact_batch_get_by_user.response.json")["external_contact_list"][1])
    assert row.follow.tag_id == ("etAJ2GCAAAXtWyujaWJHDDGi0mACHAAA", "stJHDDGi0mAGi0mACHBBByujaW")
    group = TagGroup.from_wecom(sample("externalcontact_get_corp_tag_list.response.json")["tag_group"][0])
    assert [(tag.id, tag.deleted) for tag in group.tag] == [("TAG_ID1", False), ("TAG_ID2", True)]
    way = ContactWay.from_wecom(sample("externalcontact_get_contact_way.response.json")["contact_way"])
    assert (way.user, way.party, way.conclusions.attachment.pic_url) == (
        ("zhangsan", "lisi", "wangwu"),
        (2, 3),
        "https://p.qpic.cn/pic_wework/XXXXX",
    )
    assert User.from_wecom(sample("user_get.response.json")).gender == 1
    assert Media.from_wecom(sample("media_upload.response.json")).created_at == 1_380_000_000
    refused = AppMessage.from_wecom(sample("message_send.response.json")).refused
    assert refused == ["userid1", "userid2", "userid3", "userid4"]


def test_groups_and_transfers_say_what_they_say(client, played, sample):
    played.default = [sample("externalcontact_groupchat_get_join_way.response.json")]
    way = client.group_join_ways.get("x")
    assert (way.room_base_name, way.room_base_id, len(way.chat_id_list)) == ("销售客服群", 10, 2)
    assert (way.auto_create_room, way.mark_source, way.state) == (True, True, "klsdup3kj3s1")
    played.says("externalcontact/groupchat/statistic", sample("externalcontact_groupchat_statistic.response.json"))
    zhang, li = client.group_statistics.by_owner(["zhangsan"], DAY)
    assert (zhang.data.member_total, li.data.chat_has_msg, li.data.migrate_trainee_chat_cnt) == (6, 2, 3)
    played.says(
        "externalcontact/get_user_behavior_data", sample("externalcontact_get_user_behavior_data.response.json")
    )
    first, second = client.behaviour.by_day(DAY, DAY, userids=["u"])
    assert (first.reply_percentage, second.reply_percentage, first.avg_reply_time) == (60.25, 100.0, 1.0)
    refused = TransferItem.from_wecom(sample("externalcontact_transfer_customer.response.json")["customer"][0])
    assert refused.errcode == 40096
    (failed,) = sample("externalcontact_groupchat_transfer.response.json")["failed_chat_list"]
    assert FailedChat.from_wecom(failed).errcode == 90500
    welcome = GroupWelcome.from_wecom(sample("externalcontact_group_welcome_template_add.request.json"))
    assert (welcome.text.content, welcome.link.title) == ("亲爱的%NICKNAME%用户，你好", "消息标题")


@pytest.mark.parametrize(
    ("value", "number"), [(None, None), ("60.25", 60.25), (100, 100.0), ("x", ...), (float("inf"), ...)]
)
def test_shares_are_numbers_or_absent(value, number):
    data = {"stat_time": 1, "reply_percentage": value}
    if number is ...:
        with pytest.raises(Unreadable, match="reply_percentage: not a number"):
            BehaviourDay.from_wecom(data)
    else:
        assert BehaviourDay.from_wecom(data).reply_percentage == number


def test_unknown_fields_nulls_and_numbers_as_text_do_no_harm():
    data = {
        "id": "7",
        "name": 12,
        "order": "",
        "parentid": None,
        "department_leader": [1, "b"],
        "new_field": {"x": []},
    }
    assert Department.from_wecom(data) == Department(id=7, name="12", department_leader=("1", "b"))


def test_text_is_cleaned_wherever_it_lies_and_hostile_names_are_kept():
    contact = ExternalContact.from_wecom(
        {"external_userid": "wm1", "name": "‮<b>\x00\ud83d", "external_profile": {"external_corp_name": "\ud800"}}
    )
    assert contact.name == "‮<b>\ufffd"
    assert contact.external_profile.external_corp_name == "\ufffd"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, "not an object but NoneType"),
        ([], "not an object but list"),
        ({"status": 1}, "without userid"),
        ({"userid": "u"}, "without status"),
        ({"userid": "u", "status": "soon"}, "status: not a number"),
        ({"userid": "u", "status": [1]}, "status: not a number"),
        ({"userid": "u", "status": float("nan")}, "status: not a number"),
        ({"userid": "u", "status": 10**30}, "status: not a number of 64 bits"),
        ({"userid": ["u"], "status": 1}, "userid: not text but list"),
        ({"userid": True, "status": 1}, "userid: not text but bool"),
    ],
)
def test_what_cannot_be_guessed_is_refused_by_name(data, problem):
    with pytest.raises(Unreadable, match=problem):
        MassResult.from_wecom(data)


def test_a_list_that_is_none_and_an_object_that_is_none_are_refused():
    with pytest.raises(Unreadable, match="tag: not an array"):
        TagGroup.from_wecom({"group_id": "g", "tag": {"id": "t"}})
    with pytest.raises(Unreadable, match="conclusions: Conclusions is not an object"):
        ContactWay.from_wecom({"config_id": "c", "conclusions": "text"})


@pytest.mark.parametrize("seconds", [0, -1, 10**15])
def test_moments_that_no_calendar_holds_are_none(seconds):
    assert moment(seconds) is None
