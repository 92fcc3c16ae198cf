"""Calls about what customers and staff get to see, groups, hand-over, figures, login, money and files."""

from datetime import timedelta

from tests.wecom.conformance.case import Case, after, given
from tests.wecom.files import mp4, png
from wecom.group_specs import JoinWaySpec
from wecom.payloads import Media


def _confirmed(s):
    s.do("staff/lin/confirm", msgid=s.mass)
    return s.mass


def _liked(s):
    s.do(f"customers/{s.friend}/react", moment_id=s.published, userid="lin", kind="like")
    return s.published


def _inherited(s):
    """What the sandbox says of the transfer to Wang of the customer whom Lin left behind."""
    s.wecom.inheritance.transfer_resigned("lin", "wang", [s.resigned])
    return s


def _next_noon(s):
    """A day's movements of money are told on the next day."""
    _ = s.bill
    s.sandbox.advance(40 * 3600)
    return s


CALLS = {
    # mass sends and welcome messages
    "externalcontact/add_msg_template": Case(
        "mass.create",
        lambda s: given(sender="lin", external_userids=[s.friend, "wmnobody"], text="早上好"),
        lambda s, r: (
            r.fail_list == ("wmnobody",) and [one["msgid"] for one in s.sandbox.record()["mass"]] == [r.msgid]
        ),
    ),
    "externalcontact/remind_groupmsg_send": Case("mass.remind", lambda s: given(s.mass), lambda s, r: r is None),
    "externalcontact/cancel_groupmsg_send": Case(
        "mass.cancel", lambda s: given(s.mass), lambda s, r: bool(s.sandbox.record()["mass"][0]["cancelled"])
    ),
    "externalcontact/get_groupmsg_list_v2": Case(
        "mass.list", lambda s: after(s.mass, given(*s.hours)), lambda s, r: [one.msgid for one in r] == [s.mass]
    ),
    "externalcontact/get_groupmsg_task": Case(
        "mass.tasks", lambda s: given(s.mass), lambda s, r: [(one.userid, one.status) for one in r] == [("lin", 0)]
    ),
    "externalcontact/get_groupmsg_send_result": Case(
        "mass.results",
        lambda s: given(_confirmed(s), "lin"),
        lambda s, r: [(one.external_userid, one.status) for one in r] == [(s.friend, 1)],
    ),
    "externalcontact/send_welcome_msg": Case(
        "welcome.send",
        lambda s: given(s.scanned["welcome_code"], "你好"),
        lambda s, r: [one["text"] for one in s.sandbox.record()["messages"]] == ["你好"],
    ),
    # moments
    "externalcontact/add_moment_task": Case(
        "moments.create", lambda s: given(text="新品", senders=["lin"]), lambda s, r: s.wecom.moments.job(r).status > 0
    ),
    "externalcontact/get_moment_task_result": Case(
        "moments.job",
        lambda s: given(s.wecom.moments.create(text="新品", senders=["lin", "nobody"])),
        lambda s, r: r.status in {1, 2, 3} and r.type == "add_moment_task",
    ),
    "externalcontact/cancel_moment_task": Case("moments.cancel", lambda s: given(s.moment), lambda s, r: r is None),
    "externalcontact/get_moment_list": Case(
        "moments.list",
        lambda s: after(s.moment, given(*s.hours)),
        lambda s, r: [(one.moment_id, one.text.content) for one in r] == [(s.moment, "新品上架")],
    ),
    "externalcontact/get_moment_task": Case(
        "moments.tasks",
        lambda s: given(s.moment),
        lambda s, r: [(one.userid, one.publish_status) for one in r] == [("lin", 0)],
    ),
    "externalcontact/get_moment_customer_list": Case(
        "moments.customers",
        lambda s: given(s.published, "lin"),
        lambda s, r: [one.external_userid for one in r] == [s.friend],
    ),
    "externalcontact/get_moment_send_result": Case(
        "moments.recipients",
        lambda s: given(s.published, "lin"),
        lambda s, r: [one.external_userid for one in r] == [s.friend],
    ),
    "externalcontact/get_moment_comments": Case(
        "moments.reactions",
        lambda s: given(_liked(s), "lin"),
        lambda s, r: [one.external_userid for one in r.like_list] == [s.friend],
    ),
    # messages to staff
    "message/send": Case(
        "app.send_text", lambda s: given(["lin", "nobody"], "有新任务"), lambda s, r: r.refused == ["nobody"]
    ),
    "message/recall": Case("app.recall", lambda s: given(s.message), lambda s, r: r is None),
    "message/update_template_card": Case(
        "app.update_card", lambda s: given(["lin"], s.card, s.new_card), lambda s, r: not r.invaliduser
    ),
    # groups
    "externalcontact/groupchat/list": Case(
        "groups.list",
        lambda s: after(s.chat, given(["lin"])),
        lambda s, r: [one.chat_id for one in r] == [s.chat],
    ),
    "externalcontact/groupchat/get": Case(
        "groups.get",
        lambda s: given(s.chat),
        lambda s, r: (r.owner, {one.userid for one in r.member_list}) == ("lin", {"lin", s.friend}),
    ),
    "externalcontact/opengid_to_chatid": Case(
        "groups.chat_id_of",
        lambda s: given(s.sandbox.corp("GET", f"groups/{s.chat}")["opengid"]),
        lambda s, r: r == s.chat,
    ),
    "externalcontact/groupchat/transfer": Case(
        "groups.transfer",
        lambda s: after(s.resigned, given([s.chat], "wang")),
        lambda s, r: [*r] == [] and s.wecom.groups.get(s.chat).owner == "wang",
    ),
    "externalcontact/groupchat/onjob_transfer": Case(
        "groups.transfer_on_job",
        lambda s: given([s.chat, "wrnobody"], "wang"),
        lambda s, r: [one.chat_id for one in r] == ["wrnobody"] and s.wecom.groups.get(s.chat).owner == "wang",
    ),
    "externalcontact/groupchat/add_join_way": Case(
        "group_join_ways.add",
        lambda s: given(JoinWaySpec([s.chat], state="poster")),
        lambda s, r: s.wecom.group_join_ways.get(r).state == "poster",
    ),
    "externalcontact/groupchat/get_join_way": Case(
        "group_join_ways.get",
        lambda s: given(s.join_way),
        lambda s, r: (r.chat_id_list, bool(r.qr_code)) == ((s.chat,), True),
    ),
    "externalcontact/groupchat/update_join_way": Case(
        "group_join_ways.update",
        lambda s: given(s.join_way, JoinWaySpec([s.chat], state="leaflet")),
        lambda s, r: s.wecom.group_join_ways.get(s.join_way).state == "leaflet",
    ),
    "externalcontact/groupchat/del_join_way": Case(
        "group_join_ways.delete",
        lambda s: given(s.join_way),
        lambda s, r: s.sandbox.corp("GET", "groups")["join_ways"] == [],
    ),
    "externalcontact/group_welcome_template/add": Case(
        "group_welcomes.add",
        lambda s: given("欢迎 %NICKNAME%"),
        lambda s, r: s.wecom.group_welcomes.get(r).text.content == "欢迎 %NICKNAME%",
    ),
    "externalcontact/group_welcome_template/get": Case(
        "group_welcomes.get", lambda s: given(s.group_welcome), lambda s, r: r.text.content == "欢迎 %NICKNAME%"
    ),
    "externalcontact/group_welcome_template/edit": Case(
        "group_welcomes.edit",
        lambda s: given(s.group_welcome, "你好"),
        lambda s, r: s.wecom.group_welcomes.get(s.group_welcome).text.content == "你好",
    ),
    "externalcontact/group_welcome_template/del": Case(
        "group_welcomes.delete", lambda s: given(s.group_welcome), lambda s, r: r is None
    ),
    "externalcontact/groupchat/statistic": Case(
        "group_statistics.by_owner",
        lambda s: after(s.chat, given(["lin"], s.yesterday)),
        lambda s, r: [one.owner for one in r] in (["lin"], []),
    ),
    "externalcontact/groupchat/statistic_group_by_day": Case(
        "group_statistics.by_day", lambda s: given(["lin"], s.yesterday), lambda s, r: len(r) == 1
    ),
    # inheritance and behaviour
    "externalcontact/transfer_customer": Case(
        "inheritance.transfer",
        lambda s: given("lin", "wang", [s.friend, "wmnobody"]),
        lambda s, r: {one.external_userid: one.errcode for one in r} == {s.friend: 0, "wmnobody": 40096},
    ),
    "externalcontact/transfer_result": Case(
        "inheritance.results",
        lambda s: after(s.handed, given("lin", "wang")),
        lambda s, r: [(one.external_userid, one.status) for one in r] == [(s.friend, 2)],
    ),
    "externalcontact/resigned/transfer_customer": Case(
        "inheritance.transfer_resigned",
        lambda s: given("lin", "wang", [s.resigned]),
        lambda s, r: [(one.external_userid, one.errcode) for one in r] == [(s.resigned, 0)],
    ),
    "externalcontact/resigned/transfer_result": Case(
        "inheritance.results_resigned",
        lambda s: after(_inherited(s), given("lin", "wang")),
        lambda s, r: [(one.external_userid, one.status) for one in r] == [(s.resigned, 2)],
    ),
    "externalcontact/get_unassigned_list": Case(
        "inheritance.unassigned",
        lambda s: after(s.resigned, given()),
        lambda s, r: [(one.handover_userid, one.external_userid) for one in r] == [("lin", s.resigned)],
    ),
    "externalcontact/get_user_behavior_data": Case(
        "behaviour.by_day",
        lambda s: given(s.yesterday, s.yesterday, userids=["lin"]),
        lambda s, r: len(r) == 1 and r[0].stat_time > 0,
    ),
    # login and pages
    "auth/getuserinfo": Case("auth.userinfo", lambda s: given(s.login), lambda s, r: r.userid == "lin"),
    "auth/getuserdetail": Case(
        "auth.userdetail",
        lambda s: given(s.wecom.auth.userinfo(s.login).user_ticket),
        lambda s, r: r.userid == "lin",
    ),
    "get_jsapi_ticket": Case("jssdk.corp_ticket", lambda s: given(), lambda s, r: len(r) > 10),
    "ticket/get": Case("jssdk.app_ticket", lambda s: given(), lambda s, r: len(r) > 10),
    # payments
    "externalpay/get_bill_list": Case(
        "payments.bills",
        lambda s: after(s.bill, given(*s.hours)),
        lambda s, r: [one.transaction_id for one in r] == [s.bill["transaction_id"]],
    ),
    "externalpay/get_payment_info": Case(
        "payments.order_numbers",
        lambda s: after(s.bill, given("pay1")),
        lambda s, r: r == [s.bill["out_trade_no"]],
    ),
    "externalpay/get_fund_flow": Case(
        "payments.fund_flow",
        lambda s: given(_next_noon(s).now - timedelta(hours=41), s.now),
        lambda s, r: [(one.transaction_amount, one.fund_flow_type) for one in r] == [(990, 1)],
    ),
    # product album and intercept rules
    "externalcontact/add_product_album": Case(
        "album.add",
        lambda s: given("杯子", 990, [s.picture]),
        lambda s, r: s.wecom.album.get(r).media_ids == [s.picture],
    ),
    "externalcontact/get_product_album": Case(
        "album.get", lambda s: given(s.product), lambda s, r: (r.description, r.price) == ("杯子", 990)
    ),
    "externalcontact/get_product_album_list": Case(
        "album.list",
        lambda s: after(s.product, given()),
        lambda s, r: [one.product_id for one in r] == [s.product],
    ),
    "externalcontact/update_product_album": Case(
        "album.update", lambda s: given(s.product, price=880), lambda s, r: s.wecom.album.get(s.product).price == 880
    ),
    "externalcontact/delete_product_album": Case(
        "album.delete", lambda s: given(s.product), lambda s, r: list(s.wecom.album.list()) == []
    ),
    "externalcontact/add_intercept_rule": Case(
        "intercept.add",
        lambda s: given("飞单", ["加微"], userids=["lin"]),
        lambda s, r: s.wecom.intercept.get(r).word_list == ("加微",),
    ),
    "externalcontact/get_intercept_rule_list": Case(
        "intercept.list",
        lambda s: after(s.rule, given()),
        lambda s, r: [one.rule_id for one in r] == [s.rule],
    ),
    "externalcontact/get_intercept_rule": Case(
        "intercept.get", lambda s: given(s.rule), lambda s, r: (r.rule_name, r.semantics) == ("飞单", (1,))
    ),
    "externalcontact/update_intercept_rule": Case(
        "intercept.update",
        lambda s: given(s.rule, add_userids=["wang"]),
        lambda s, r: s.wecom.intercept.get(s.rule).applicable_range.user_list == ("lin", "wang"),
    ),
    "externalcontact/del_intercept_rule": Case(
        "intercept.delete", lambda s: given(s.rule), lambda s, r: s.wecom.intercept.list() == []
    ),
    # media
    "media/upload": Case(
        "media.upload",
        lambda s: given("image", "海报.png", png(4, 4)),
        lambda s, r: isinstance(r, Media) and s.wecom.media.get(r.media_id).data == png(4, 4),
    ),
    "media/uploadimg": Case(
        "media.upload_image",
        lambda s: given("海报.png", png(4, 4)),
        lambda s, r: s.sandbox.session.get(r, timeout=5).content == png(4, 4),
    ),
    "media/upload_attachment": Case(
        "media.upload_attachment",
        lambda s: given("video", "片子.mp4", mp4(3)),
        lambda s, r: s.wecom.media.get(r.media_id).filename == "片子.mp4",
    ),
    "media/get": Case("media.get", lambda s: given(s.picture), lambda s, r: r.data == png(4, 4)),
    "media/upload_by_url": Case(
        "media.upload_by_url",
        lambda s: given("file", "a.png", *s.shelved),
        lambda s, r: s.wecom.media.get(s.ended(r).media_id).data == png(4, 4),
    ),
    "media/get_upload_by_url_result": Case(
        "media.upload_job",
        lambda s: given(s.wecom.media.upload_by_url("video", "a.mp4", *s.shelved)),
        lambda s, r: r.status == 1 or r.detail.errcode == 40005,  # a picture is no video
    ),
}
