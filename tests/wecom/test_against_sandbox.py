"""The client talks to the sandbox as to WeCom: every call of the wire once, and what each fault makes of it."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from wecom import clock
from wecom.client import WeComClient, client_for
from wecom.contact_specs import ContactWaySpec
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, EndpointWindow


@pytest.fixture
def wecom(corp: Corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def friend(sandbox) -> str:
    """A customer who has just added Lin."""
    return sandbox.corp("POST", "scan", userid="lin", name="张‮三")["external_userid"]


def test_the_tree_and_the_members(wecom):
    assert {department.name for department in wecom.contacts.departments()} >= {"一店", "二店"}
    assert {department.id for department in wecom.contacts.department_ids()} >= {1, 2, 3}
    assert [user.userid for user in wecom.contacts.users(2)] == ["lin"]
    assert [user.name for user in wecom.contacts.users_simple(3)] == ["王磊"]
    assert wecom.contacts.user("lin").name == "林小雨"
    with pytest.raises(WeComError) as gone:
        wecom.contacts.user("nobody")
    assert gone.value.kind is ErrorKind.GONE


def test_customers_and_their_follows(wecom, friend):
    assert set(wecom.customers.follow_users()) == {"lin", "wang"}
    assert wecom.customers.list("lin") == [friend]
    assert wecom.customers.list("wang") == []
    detail = wecom.customers.get(friend)
    assert (detail.contact.name, [follow.userid for follow in detail.follows]) == ("张‮三", ["lin"])
    page = wecom.customers.batch_by_user(["lin", "wang"], limit=1)
    assert [(row.contact.external_userid, row.follow.userid) for row in page.rows] == [(friend, "lin")]
    wecom.customers.remark("lin", friend, remark="张姐", description="VIP", mobiles=["13800000001"])
    follow = wecom.customers.get(friend).follows[0]
    assert (follow.remark, follow.description, follow.remark_mobiles) == ("张姐", "VIP", ("13800000001",))


def test_tags_from_making_to_deleting(wecom, friend):
    group = wecom.tags.add(group_name="等级", tags=["金", "银"])
    gold, silver = group.tag
    wecom.tags.mark("lin", friend, add=[gold.id, silver.id])
    wecom.tags.mark("lin", friend, remove=[silver.id])
    assert wecom.customers.get(friend).follows[0].tag_id == (gold.id,)
    wecom.tags.edit(gold.id, name="钻石")
    (listed,) = wecom.tags.list()
    assert {tag.name for tag in listed.tag} == {"钻石", "银"}
    wecom.tags.delete(group_ids=[group.group_id])
    assert wecom.tags.list() == []
    with pytest.raises(WeComError) as gone:
        wecom.tags.mark("wang", friend, add=[gold.id])
    assert gold.id
    assert gone.value.kind is ErrorKind.GONE


def test_contact_ways(wecom):
    made = wecom.contact_ways.add(ContactWaySpec(user=["lin"], type=1, remark="门口", state="door"))
    assert made.qr_code
    assert list(wecom.contact_ways.list()) == [made.config_id]
    way = wecom.contact_ways.get(made.config_id)
    assert (way.state, way.user, way.qr_code) == ("door", ("lin",), made.qr_code)
    wecom.contact_ways.update(made.config_id, ContactWaySpec(user=["wang"], type=1, state="door2"))
    assert wecom.contact_ways.get(made.config_id).user == ("wang",)
    wecom.contact_ways.delete(made.config_id)
    assert list(wecom.contact_ways.list()) == []


def test_a_welcome_is_taken_once(wecom, sandbox):
    scanned = sandbox.corp("POST", "scan", userid="lin", name="李四")
    media = wecom.media.upload("image", "欢迎.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    image = {"msgtype": "image", "image": {"media_id": media.media_id}}
    wecom.welcome.send(scanned["welcome_code"], "你好", [image])
    with pytest.raises(WeComError) as second:
        wecom.welcome.send(scanned["welcome_code"], "你好")
    assert second.value.errcode in {41050, 41051}
    received = [message for message in sandbox.record()["messages"] if message["kind"] == "welcome"]
    assert [(message["external_userid"], message["text"]) for message in received] == [
        (scanned["external_userid"], "你好")
    ]


def test_a_login_code_says_who_came_and_works_once(wecom, sandbox, corp):
    query = {"appid": corp.corpid, "agentid": corp.agentid, "redirect_uri": "https://example.com/in", "userid": "lin"}
    answer = requests.get(f"{sandbox.url}/wwlogin/choose", query, allow_redirects=False, timeout=5)
    code = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
    assert wecom.auth.userinfo(code).userid == "lin"
    with pytest.raises(WeComError) as used:
        wecom.auth.userinfo(code)
    assert (used.value.errcode, used.value.kind) == (42022, ErrorKind.PERMANENT)


def test_a_mass_send_from_creation_to_result(wecom, sandbox, friend):
    sent = wecom.mass.create(sender="lin", external_userids=[friend, "wmnobody"], text="早上好")
    assert sent.fail_list == ("wmnobody",)
    now = clock.now()
    listed = list(wecom.mass.list(now - timedelta(minutes=5), now + timedelta(minutes=5)))
    assert [(message.msgid, message.text.content) for message in listed] == [(sent.msgid, "早上好")]
    assert [(task.userid, task.status) for task in wecom.mass.tasks(sent.msgid)] == [("lin", 0)]
    wecom.mass.remind(sent.msgid)
    sandbox.corp("POST", "staff/lin/confirm", msgid=sent.msgid)
    assert [(row.external_userid, row.status) for row in wecom.mass.results(sent.msgid, "lin")] == [(friend, 1)]
    wecom.mass.cancel(sent.msgid)


def test_nobody_left_to_send_to(wecom):
    with pytest.raises(WeComError) as nobody:
        wecom.mass.create(sender="lin", external_userids=["wmnobody"], text="hi")
    assert (nobody.value.errcode, nobody.value.kind) == (41048, ErrorKind.PERMANENT)


def test_messages_to_staff(wecom):
    assert wecom.app.send_text(["lin", "nobody"], "有新任务").refused == ["nobody"]
    assert wecom.app.send_textcard(["lin"], "任务", "今天 3 个", "https://example.com/t", "查看").msgid


# --- faults ---


def strike(sandbox, name: str, **fault) -> None:
    sandbox.call("POST", "faults", **{name: {"rate": 1, **fault}})


def test_a_busy_wecom_is_asked_again(wecom, sandbox):
    wecom.customers.follow_users()
    strike(sandbox, "busy", count=2)
    assert set(wecom.customers.follow_users()) == {"lin", "wang"}


def test_a_token_that_dies_early_is_replaced(wecom, sandbox, corp):
    wecom.customers.follow_users()
    for code in ("42001", "40014"):
        sandbox.corp("POST", "expire_token", code=code)
        assert set(wecom.customers.follow_users()) == {"lin", "wang"}
    assert sandbox.corp("GET", "calls")["gettoken"]["calls"] == 3
    assert corp.access_token.version == 3


def test_a_limit_rests_the_endpoint(wecom, sandbox, corp):
    wecom.customers.follow_users()
    strike(sandbox, "rate-limit", count=1)
    for _ in range(3):
        with pytest.raises(WeComError) as limited:
            wecom.customers.follow_users()
        assert limited.value.kind is ErrorKind.LIMIT
    assert sandbox.corp("GET", "calls")["externalcontact/get_follow_user_list"]["errors"] == {"45009": 1}
    window = EndpointWindow.objects.get(corp=corp, endpoint="externalcontact/get_follow_user_list")
    assert window.errors_by_code == {"45009": 1}


@pytest.mark.parametrize("fault", ["timeout-after-accept", "drop-connection"])
def test_a_write_whose_answer_is_lost_is_made_once_and_called_unknown(fault, wecom, sandbox, friend, settings):
    settings.WECOM_TIMEOUT = (3, 0.5)
    wecom.customers.follow_users()
    strike(sandbox, fault, count=1)
    with pytest.raises(WeComError) as lost:
        wecom.mass.create(sender="lin", external_userids=[friend], text="once")
    assert lost.value.fate_unknown
    sandbox.call("DELETE", "faults")
    assert len(sandbox.record()["mass"]) <= 1
    assert sandbox.corp("GET", "calls")["externalcontact/add_msg_template"]["calls"] == 1


def test_with_drifting_answers_nothing_changes(wecom, sandbox, corp, friend):
    before = wecom.customers.get(friend), wecom.contacts.user("lin")
    sandbox.call("POST", "corps", corpid=corp.corpid, drift=True)
    assert wecom.customers.get(friend).contact.external_userid == before[0].contact.external_userid
    assert wecom.contacts.user("lin").userid == "lin"
    assert [row.follow.userid for row in wecom.customers.batch_by_user(["lin"]).rows] == ["lin"]
