"""Every documented body is used: requests are what we send, answers parse, errors have their kind.

The tables of test_requests.py, test_payloads.py and test_acquisition.py hold most of them; here is the rest, and the
check that none is forgotten.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.wecom.conftest import SAMPLES
from tests.wecom.test_acquisition import REQUESTS as ACQUISITION
from tests.wecom.test_payloads import FOLLOWED_BY_A_LAST_PAGE, REQUESTABLE
from tests.wecom.test_requests import EVERY_CUSTOMER_CALL, assert_documented
from wecom.app_content import Audience, Markdown
from wecom.contact_specs import ContactWaySpec
from wecom.envelope import encrypted
from wecom.errors import ErrorKind, WeComError
from wecom.payloads import Bill, Product


def when(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def pictures(body) -> list[str]:
    return [item["image"]["media_id"] for item in body["attachments"]]


REQUESTS = {  # sample request → the call that makes it
    "externalpay_get_bill_list": lambda c, d: list(
        c.payments.bills(when(d["begin_time"]), when(d["end_time"]), d["payee_userid"])
    ),
    "externalcontact_add_product_album": lambda c, d: c.album.add(
        d["description"], d["price"], pictures(d), d["product_sn"]
    ),
    "externalcontact_get_product_album": lambda c, d: c.album.get(d["product_id"]),
    "externalcontact_get_product_album_list": lambda c, d: list(c.album.list()),
    "externalcontact_update_product_album": lambda c, d: c.album.update(
        d["product_id"],
        description=d["description"],
        price=d["price"],
        pictures=pictures(d),
        product_sn=d["product_sn"],
    ),
    "externalcontact_delete_product_album": lambda c, d: c.album.delete(d["product_id"]),
    "externalcontact_add_intercept_rule": lambda c, d: c.intercept.add(
        d["rule_name"],
        d["word_list"],
        semantics=d["semantics_list"],
        intercept_type=d["intercept_type"],
        userids=d["applicable_range"]["user_list"],
        departments=d["applicable_range"]["department_list"],
    ),
    "externalcontact_get_intercept_rule": lambda c, d: c.intercept.get(d["rule_id"]),
    "externalcontact_update_intercept_rule": lambda c, d: c.intercept.update(
        d["rule_id"],
        name=d["rule_name"],
        words=d["word_list"],
        semantics=d["extra_rule"]["semantics_list"],
        intercept_type=d["intercept_type"],
        add_userids=d["add_applicable_range"]["user_list"],
        add_departments=d["add_applicable_range"]["department_list"],
        remove_userids=d["remove_applicable_range"]["user_list"],
        remove_departments=d["remove_applicable_range"]["department_list"],
    ),
    "externalcontact_del_intercept_rule": lambda c, d: c.intercept.delete(d["rule_id"]),
    "externalcontact_add_moment_task": lambda c, d: c.moments.create(
        text=d["text"]["content"],
        attachments=d["attachments"],
        senders=d["visible_range"]["sender_list"]["user_list"],
        departments=d["visible_range"]["sender_list"]["department_list"],
        tags=d["visible_range"]["external_contact_list"]["tag_list"],
    ),
    "externalcontact_cancel_moment_task": lambda c, d: c.moments.cancel(d["moment_id"]),
    "externalcontact_get_moment_list": lambda c, d: list(
        c.moments.list(when(d["start_time"]), when(d["end_time"]), creator=d["creator"], filter_type=d["filter_type"])
    ),
    "externalcontact_get_moment_task": lambda c, d: list(c.moments.tasks(d["moment_id"])),
    "externalcontact_get_moment_customer_list": lambda c, d: list(c.moments.customers(d["moment_id"], d["userid"])),
    "externalcontact_get_moment_send_result": lambda c, d: list(c.moments.recipients(d["moment_id"], d["userid"])),
    "externalcontact_get_moment_comments": lambda c, d: c.moments.reactions(d["moment_id"], d["userid"]),
    "auth_getuserdetail": lambda c, d: c.auth.userdetail(d["user_ticket"]),
    "user_list_id": lambda c, d: list(c.contacts.user_ids()),
    "message_send.markdown": lambda c, d: c.app.send(
        Audience(*(d[name].split("|") for name in ("touser", "toparty", "totag"))), Markdown(d["markdown"]["content"])
    ),
}
LEFT_OUT = {"message_send.markdown": {"enable_duplicate_check", "duplicate_check_interval"}}  # our default is WeCom's
ANSWER = {
    "errcode": 0,
    "bill_list": [],
    "comment_list": [],
    "customer_list": [],
    "dept_user": [],
    "jobid": "j",
    "moment_list": [],
    "msgid": "m",
    "task_list": [],
    "userid": "u",
    "product_list": [],
    "product_id": "p",
    "product": {"product_id": "p"},
    "rule_id": "r",
    "rule": {"rule_id": "r"},
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_we_send_is_the_documented_request(name, client, played, sample):
    documented = sample(f"{name}.request.json")
    played.default = [ANSWER]
    REQUESTS[name](client, documented)
    request = played.asked[-1]
    assert (request.method, request.endpoint.replace("/", "_")) == ("POST", name.split(".")[0])
    assert set(request.body) == set(documented) - LEFT_OUT.get(name, set())
    assert_documented(request.body, documented)


ANSWERS = {  # sample answer → the call that reads it, and what it says
    "gettoken.response.json": (
        lambda c: c.fetch_access_token(),
        lambda r: (r.access_token, r.expires_in) == ("accesstoken000001", 7200),
    ),
    "externalcontact_add_contact_way.response.json": (
        lambda c: c.contact_ways.add(c.spec),
        lambda r: r.config_id == "42b34949e138eb6e027c123cba77fAAA",
    ),
    "externalcontact_add_product_album.response.json": (
        lambda c: c.album.add("d", 1, ["m"]),
        lambda r: r == "xxxxxxxxxx",
    ),
    "externalcontact_get_product_album.response.json": (
        lambda c: c.album.get("p"),
        lambda r: (
            r == Product("xxxxxxxxxx", "世界上最好的商品", 30_000, 1_600_000_000, "xxxxxxxx", r.attachments)
            and r.media_ids == ["MEDIA_ID"]
        ),
    ),
    "externalcontact_update_product_album.response.json": (
        lambda c: c.album.update("p", price=1),
        lambda r: r is None,
    ),
    "externalcontact_delete_product_album.response.json": (lambda c: c.album.delete("p"), lambda r: r is None),
    "externalcontact_add_intercept_rule.response.json": (
        lambda c: c.intercept.add("n", ["w"], userids=["u"]),
        lambda r: r == "xxx",
    ),
    "externalcontact_get_intercept_rule_list.response.json": (
        lambda c: c.intercept.list(),
        lambda r: (
            [(row.rule_id, row.rule_name, row.create_time) for row in r] == [("xxxx", "rulename", 1_600_000_000)]
        ),
    ),
    "externalcontact_update_intercept_rule.response.json": (
        lambda c: c.intercept.update("r", name="n"),
        lambda r: r is None,
    ),
    "externalcontact_update_contact_way.response.json": (
        lambda c: c.contact_ways.update("c", c.spec),
        lambda r: r is None,
    ),
    "externalcontact_add_moment_task.response.json": (lambda c: c.moments.create(text="t"), lambda r: r == "xxxx"),
    "externalcontact_get_moment_task_result.response.json": (
        lambda c: c.moments.job("j"),
        lambda r: (
            (r.is_done, r.result.moment_id, r.result.invalid_sender_list.department_list) == (True, "xxxx", (2, 3))
            and r.result.invalid_external_contact_list.tag_list == ("xxx",)
        ),
    ),
    "externalcontact_cancel_moment_task.response.json": (lambda c: c.moments.cancel("m"), lambda r: r is None),
    "externalcontact_get_moment_comments.response.json": (
        lambda c: c.moments.reactions("m", "u"),
        lambda r: (
            [one.userid or one.create_time for one in (*r.comment_list, *r.like_list)]
            == [1_605_172_726, "zhangshan"] * 2
        ),
    ),
    "get_jsapi_ticket.response.json": (
        lambda c: c.jssdk._fetch_corp_ticket(),
        lambda r: (r.ticket[:4], r.expires_in) == ("bxLd", 7200),
    ),
    "ticket_get.agent_config.response.json": (
        lambda c: c.jssdk._fetch_app_ticket(),
        lambda r: (r.ticket[:4], r.expires_in) == ("bxLd", 7200),
    ),
    "externalcontact_del_intercept_rule.response.json": (lambda c: c.intercept.delete("r"), lambda r: r is None),
    "media_upload_attachment.response.json": (
        lambda c: c.media.upload_attachment("image", "a.jpg", b"\xff\xd8\xff...."),
        lambda r: (r.type, r.created_at, len(r.media_id)) == ("image", 1_380_000_000, 44),
    ),
    "media_uploadimg.response.json": (
        lambda c: c.media.upload_image("a.jpg", b"\xff\xd8\xff...."),
        lambda r: r.startswith("http://p.qpic.cn/pic_wework/"),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_documented_answer_says_what_it_says(name, client, played, sample):
    call, said = ANSWERS[name]
    client.spec = ContactWaySpec(user=["u"], type=1)
    played.default = [sample(name)]
    if name.startswith("gettoken"):
        played.says("gettoken", sample(name))
    assert said(call(client))


PAGES = {  # sample page, followed by an empty last one → the call, and what its rows say
    "externalcontact_get_moment_list.response.json": (
        lambda c: c.moments.list(when(1), when(2)),
        lambda post: (
            (post.moment_id, post.text.content, post.location.name, post.link.url)
            == ("momxxx", "test", "广州市 · 广州塔", "https://www.qq.com")
        ),
    ),
    "externalcontact_get_moment_task.response.json": (
        lambda c: c.moments.tasks("m"),
        lambda task: (task.userid, task.publish_status) == ("zhangsan", 1),
    ),
    "externalcontact_get_moment_customer_list.response.json": (
        lambda c: c.moments.customers("m", "u"),
        lambda one: (one.userid, one.external_userid) == ("xxx", "woAJ2GCAAAXtWyujaWJHDDGi0mACCCC"),
    ),
    "externalpay_get_bill_list.response.json": (
        lambda c: c.payments.bills(when(1), when(2)),
        lambda bill: bill.transaction_id == "xxxxx",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_documented_page_is_read_and_the_next_one_asked_for(name, client, played, sample):
    call, said = PAGES[name]
    page = sample(name)
    played.default = [page, {field: [] if isinstance(value, list) else 0 for field, value in page.items()}]
    (row,) = call(client)
    assert said(row)
    assert [request.body["cursor"] for request in played.asked[1:]] == ["", page["next_cursor"]]


def test_the_documented_bill(sample):
    (bill,) = [Bill.from_wecom(row) for row in sample("externalpay_get_bill_list.response.json")["bill_list"]]
    assert (bill.total_fee, bill.bill_type, bill.payment_type, bill.pay_time) == (100, 1, 1, 12_345)
    assert [(item.description, item.amount) for item in bill.commodity_list] == [("手机", 1)]
    assert [(row.refund_status, row.refund_fee, row.refund_reqtime) for row in bill.refund_list] == [
        (1, 100, 1_605_171_790)
    ]
    assert bill.key == ("xxxxx", "xxxxx")
    assert (bill.contact.phone, bill.miniprogram_info.appid) == ("xxx", "xxx")


ERRORS = {
    "gettoken.error40001.response.json": ErrorKind.CONFIG,
    "getcallbackip.error42001.response.json": ErrorKind.TOKEN,
    "auth_getuserinfo.error40029.response.json": ErrorKind.PERMANENT,
    "media_get.error40007.response.json": ErrorKind.MEDIA,
    "externalcontact_list.error84061.response.json": ErrorKind.GONE,
    "externalcontact_add_msg_template.error40096.response.json": ErrorKind.GONE,
    "any.error60020.response.json": ErrorKind.CONFIG,
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_documented_error_has_its_kind(name, client, played, sample):
    documented = sample(name)
    played.default = [documented]
    with pytest.raises(WeComError) as error:
        client.contacts.user("lin")
    assert (error.value.errcode, error.value.kind) == (documented["errcode"], ERRORS[name])
    assert error.value.errmsg.startswith(documented["errmsg"].partition(",")[0])


@pytest.mark.parametrize("name", ["callback_envelope.xml", "callback_passive_reply_envelope.xml"])
def test_the_documented_envelopes_are_opened(name, sample):
    assert encrypted(sample(name).encode()) != ""


def test_no_sample_is_forgotten(sample):
    """In one of the tables, or read by its name in a test of this folder."""
    used = {f"{name}.request.json" for name in (*EVERY_CUSTOMER_CALL, *REQUESTS)}
    used |= {*REQUESTABLE, *FOLLOWED_BY_A_LAST_PAGE, *ANSWERS, *PAGES, *ERRORS}
    for name in ACQUISITION:
        used |= {f"externalcontact_customer_acquisition_{name}.{body}.json" for body in ("request", "response")}
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    # test_callback.py sends every decrypted callback through the whole callback path
    listed = {row["file"] for row in sample("INDEX.json") if not row["kind"].startswith("callback (decrypted")}
    assert sorted(name for name in listed - used if f'"{name}"' not in sources) == []
    assert sorted(name for name in used if not (SAMPLES / name).is_file()) == []
