"""Groups: reading them, the chain of their events, join ways that open new ones, welcome templates."""

from itertools import pairwise

import pytest
import requests

from tests.wecom import heard
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.group_specs import JoinWaySpec

SECOND_APP = {"agentid": 1000009, "secret": "second-secret", "name": "第二个应用"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
LINK = {"msgtype": "link", "link": {"title": "活动", "url": "https://example.com/a"}}


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


@pytest.fixture
def friend(sandbox) -> str:
    return sandbox.corp("POST", "scan", userid="lin", name="陈晓")["external_userid"]


@pytest.fixture
def chat_id(sandbox, friend) -> str:
    return sandbox.corp("POST", "groups", owner="lin", name="老客群", members=["wang", friend])["chat_id"]


def refusal(call, *args, **kwargs) -> int | None:
    """The errcode with which WeCom refuses."""
    with pytest.raises(WeComError) as refused:
        call(*args, **kwargs)
    return refused.value.errcode


def change(sandbox, chat_id: str, **what) -> None:
    sandbox.corp("POST", f"groups/{chat_id}/change", **what)


# --- reading ---


def test_a_group_with_all_that_is_known_of_its_members(wecom, sandbox, chat_id, friend):
    chat = wecom.groups.get(chat_id)
    assert (chat.name, chat.owner, len(chat.member_version)) == ("老客群", "lin", 32)
    lin, wang, customer = chat.member_list
    assert (lin.type, wang.type, wang.invitor.userid) == (1, 1, "lin")
    assert (customer.userid, customer.type, customer.name, customer.join_scene) == (friend, 2, "陈晓", 1)
    assert customer.unionid
    assert wecom.groups.get(chat_id, need_name=False).member_list[2].name == ""
    assert wecom.groups.chat_id_of(sandbox.corp("GET", f"groups/{chat_id}")["opengid"]) == chat_id
    assert refusal(wecom.groups.chat_id_of, "oNothing") == 90511


def test_only_those_whom_own_staff_invited_have_an_invitor(wecom, sandbox, chat_id):
    people = [sandbox.corp("POST", "scan", userid="wang")["external_userid"] for _ in range(2)]
    change(sandbox, chat_id, join=people[:1], scene=1, invitor="wang")
    change(sandbox, chat_id, join=people[1:], scene=3, invitor="wang", state="door")
    invited, scanned = wecom.groups.get(chat_id).member_list[-2:]
    assert (invited.join_scene, invited.invitor.userid) == (1, "wang")
    assert (scanned.join_scene, scanned.invitor, scanned.state) == (3, None, "door")


def test_only_customers_show_a_unionid(wecom, sandbox, chat_id):
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id]))
    stranger = sandbox.corp("POST", "join", config_id=config_id)["external_userid"]
    assert wecom.groups.get(chat_id).member_list[-1].unionid == ""
    sandbox.corp("POST", "scan", userid="wang", external_userid=stranger)
    assert wecom.groups.get(chat_id).member_list[-1].unionid


def test_admins_are_named_by_the_owner(wecom, sandbox, chat_id):
    change(sandbox, chat_id, admins=["WANG"])
    assert [admin.userid for admin in wecom.groups.get(chat_id).admin_list] == ["wang"]
    with pytest.raises(requests.HTTPError, match="409"):
        change(sandbox, chat_id, admins=["nobody"])


def test_drifting_answers_mean_the_same(wecom, sandbox, corp, chat_id):
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id], state="poster"))
    before = wecom.groups.get(chat_id), list(wecom.groups.list()), wecom.group_join_ways.get(config_id)
    sandbox.call("POST", "corps", corpid=corp.corpid, drift=True)
    chat, rows, way = wecom.groups.get(chat_id), list(wecom.groups.list()), wecom.group_join_ways.get(config_id)
    known = [(one.userid, one.type, one.join_time, one.name) for one in before[0].member_list]
    assert [(one.userid, one.type, one.join_time, one.name) for one in chat.member_list] == known
    assert (chat.member_version, chat.create_time) == (before[0].member_version, before[0].create_time)
    assert (rows, way.chat_id_list, way.scene) == (before[1], (chat_id,), 2)


def test_a_chat_that_is_none_and_one_that_was(wecom, sandbox, chat_id):
    assert refusal(wecom.groups.get, "wrnothing") == 90501
    sandbox.corp("POST", f"groups/{chat_id}/dismiss")
    with pytest.raises(WeComError) as gone:
        wecom.groups.get(chat_id)
    assert (gone.value.errcode, gone.value.kind) == (49008, ErrorKind.GONE)
    assert list(wecom.groups.list()) == []


def test_groups_by_owner_status_and_page(wecom, sandbox, chat_id):
    others = [sandbox.corp("POST", "groups", owner="wang")["chat_id"] for _ in range(3)]
    assert [row.chat_id for row in wecom.groups.list(limit=2)] == [chat_id, *others]
    assert [row.chat_id for row in wecom.groups.list(["WANG"])] == others
    assert list(wecom.groups.list(status_filter=1)) == []


def test_groups_of_one_who_resigned_are_found_by_his_name_alone(wecom, sandbox, chat_id):
    sandbox.corp("POST", "staff/lin/leave")
    assert list(wecom.groups.list()) == []
    assert [(row.chat_id, row.status) for row in wecom.groups.list(["lin"])] == [(chat_id, 1)]
    assert [row.chat_id for row in wecom.groups.list(["lin", "wang"], status_filter=1)] == [chat_id]
    assert list(wecom.groups.list(["lin"], status_filter=3)) == []


def test_over_a_thousand_members_owners_must_be_named(wecom, sandbox, corp, chat_id):
    crowd = [{"userid": f"s{number}", "name": f"员工{number}", "department": [2]} for number in range(998)]
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=crowd)
    assert len(list(wecom.groups.list())) == 1
    sandbox.call("POST", "corps", corpid=corp.corpid, staff=[{"userid": "last", "name": "末", "department": [2]}])
    with pytest.raises(WeComError) as too_many:
        list(wecom.groups.list())
    assert (too_many.value.errcode, too_many.value.kind) == (81017, ErrorKind.QUOTA)
    assert len(list(wecom.groups.list(["lin"]))) == 1


def test_an_app_sees_the_groups_of_members_in_its_range(wecom, sandbox, corp, chat_id):
    shop_b = {
        **SECOND_APP,
        "visible_range": {"departments": [3]},
        "token": corp.callback_token,
        "aes_key": corp.aes_key,
    }
    sandbox.corp("POST", "apps", **shop_b)
    other = sandbox.corp("POST", "groups", owner="wang", name="二店群")["chat_id"]
    assert [row.chat_id for row in wecom.groups.list()] == [chat_id, other]
    corp.set_credentials(agentid=SECOND_APP["agentid"], secret=SECOND_APP["secret"])
    narrow = client_for(corp)
    assert [row.chat_id for row in narrow.groups.list()] == [other]
    assert list(narrow.groups.list(["lin"])) == []
    assert refusal(narrow.groups.transfer_on_job, [other], "lin") == 60111


# --- events ---


def test_each_change_of_members_tells_the_version_before_and_after(wecom, sandbox, chat_id, friend):
    heard.listen(sandbox)
    versions = [wecom.groups.get(chat_id).member_version]
    for what in ({"quit": [friend]}, {"join": [friend], "scene": 3}, {"removed": [friend, "wang"]}):
        change(sandbox, chat_id, **what)
        versions.append(wecom.groups.get(chat_id).member_version)
    assert len(set(versions)) == 4
    told = heard.events(sandbox, "UpdateDetail", "JoinScene", "QuitScene", "MemChangeCnt", "MemChangeList")
    assert told == [
        ("del_member", None, "0", "1", [friend]),
        ("add_member", "3", None, "1", [friend]),
        ("del_member", None, "1", "2", ["wang", friend]),
    ]
    chain = heard.events(sandbox, "LastMemVer", "CurMemVer")
    assert chain == list(pairwise(versions))


def test_one_who_resigns_goes_from_the_groups_of_others(wecom, sandbox, chat_id):
    heard.listen(sandbox)
    sandbox.corp("POST", "staff/wang/leave")
    assert heard.events(sandbox, "UpdateDetail", "QuitScene", "MemChangeList") == [("del_member", "0", ["wang"])]
    assert "wang" not in {member.userid for member in wecom.groups.get(chat_id).member_list}


def test_other_changes_have_events_without_versions(wecom, sandbox, chat_id):
    heard.listen(sandbox)
    before = wecom.groups.get(chat_id).member_version
    change(sandbox, chat_id, owner="wang", name="新名字", notice="每周三上新")
    sandbox.corp("POST", f"groups/{chat_id}/dismiss")
    fields = ("ChangeType", "UpdateDetail", "LastMemVer", "ChatId")
    assert heard.events(sandbox, *fields) == [
        ("update", "change_owner", None, chat_id),
        ("update", "change_name", None, chat_id),
        ("update", "change_notice", None, chat_id),
        ("dismiss", None, None, chat_id),
    ]
    other = sandbox.corp("POST", "groups", owner="wang")["chat_id"]
    assert heard.events(sandbox, "ChangeType", "ChatId")[-1] == ("create", other)
    assert before


def test_what_happens_to_a_group_is_what_it_says_afterwards(wecom, sandbox, chat_id):
    change(sandbox, chat_id, owner="wang", name="新名字", notice="每周三上新")
    chat = wecom.groups.get(chat_id)
    assert (chat.owner, chat.name, chat.notice) == ("wang", "新名字", "每周三上新")


@pytest.mark.parametrize("what", [{"owner": "lin", "quit": ["lin"]}, {"removed": ["lin"]}])
def test_an_owner_stays_until_he_passes_the_group_on(sandbox, chat_id, what):
    with pytest.raises(requests.HTTPError, match="409"):
        change(sandbox, chat_id, **what)


# --- join ways ---


def test_a_join_way_from_making_to_deleting(wecom, chat_id):
    spec = JoinWaySpec([chat_id], remark="海报", room_base_name="新客群", room_base_id=7, state="poster")
    config_id = wecom.group_join_ways.add(spec)
    way = wecom.group_join_ways.get(config_id)
    assert (way.config_id, way.chat_id_list, way.remark, way.state) == (config_id, (chat_id,), "海报", "poster")
    assert (way.scene, way.auto_create_room, way.room_base_name, way.room_base_id) == (2, True, "新客群", 7)
    assert way.qr_code.endswith(f"/join/{config_id}")
    wecom.group_join_ways.update(config_id, JoinWaySpec([chat_id], auto_create_room=False))
    changed = wecom.group_join_ways.get(config_id)
    assert (changed.remark, changed.state, changed.room_base_name, changed.auto_create_room) == ("", "", "", False)
    assert changed.qr_code == way.qr_code
    wecom.group_join_ways.delete(config_id)
    for call in (wecom.group_join_ways.get, wecom.group_join_ways.delete):
        assert refusal(call, config_id) == 41044


def test_join_ways_lead_to_living_groups(wecom, sandbox, chat_id):
    assert refusal(wecom.group_join_ways.add, JoinWaySpec(["wrnothing"])) == 90501
    sandbox.corp("POST", f"groups/{chat_id}/dismiss")
    assert refusal(wecom.group_join_ways.add, JoinWaySpec([chat_id])) == 49008


JOIN_LIMITS = {
    "chat_id_list has 6 entries": ({"chat_id_list": [f"wr{n}" for n in range(6)]}, 41091),
    "chat_id_list has 0 entries": ({"chat_id_list": []}, 40063),
    "room_base_name has 41 characters": ({"room_base_name": "群" * 41}, 40058),
    "state has 31 characters": ({"state": "s" * 31}, 40058),
}


@pytest.mark.parametrize("problem", JOIN_LIMITS)
def test_the_limits_of_join_ways_hold_on_both_sides(problem, wecom, chat_id, client, played):
    wrong, code = JOIN_LIMITS[problem]
    body = {"scene": 2, "chat_id_list": [chat_id], **wrong}
    with pytest.raises(WeComError, match=problem):
        client.group_join_ways.add(JoinWaySpec(**body))
    assert played.asked == []
    endpoint = "externalcontact/groupchat/add_join_way"
    assert refusal(wecom.group_join_ways._write, endpoint, body, lambda answer: None) == code


def test_a_long_remark_is_refused_here_and_cut_there(wecom, chat_id, client, played):
    with pytest.raises(WeComError, match="remark has 31 characters"):
        client.group_join_ways.add(JoinWaySpec([chat_id], remark="字" * 31))
    body = {"scene": 2, "chat_id_list": [chat_id], "remark": "字" * 31}
    answer = wecom.group_join_ways._write("externalcontact/groupchat/add_join_way", body, dict)
    assert wecom.group_join_ways.get(answer["config_id"]).remark == "字" * 30


def test_join_ways_and_contact_ways_share_their_cap(wecom, sandbox, corp, chat_id):
    sandbox.call("POST", "corps", corpid=corp.corpid, contact_way_cap=1)
    wecom.group_join_ways.add(JoinWaySpec([chat_id]))
    with pytest.raises(WeComError) as full:
        wecom.group_join_ways.add(JoinWaySpec([chat_id]))
    assert (full.value.errcode, full.value.kind) == (41045, ErrorKind.QUOTA)


def test_whoever_scans_is_in_the_group_with_the_state(wecom, sandbox, chat_id):
    heard.listen(sandbox)
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id], state="poster"))
    came = sandbox.corp("POST", "join", config_id=config_id, name="路人")
    member = wecom.groups.get(came["chat_id"]).member_list[-1]
    assert (came["chat_id"], member.userid, member.name) == (chat_id, came["external_userid"], "路人")
    assert (member.type, member.join_scene, member.state) == (2, 3, "poster")
    assert heard.events(sandbox, "UpdateDetail", "JoinScene") == [("add_member", "3")]
    assert sandbox.corp("POST", "join", config_id=config_id, external_userid=member.userid)["chat_id"] == chat_id
    assert len(wecom.groups.get(chat_id).member_list) == 4


def test_when_all_groups_are_full_new_ones_open_with_running_numbers(wecom, sandbox, corp, chat_id):
    sandbox.call("POST", "corps", corpid=corp.corpid, group_capacity=4)
    second = sandbox.corp("POST", "groups", owner="wang", name="二群", members=["lin"])["chat_id"]
    heard.listen(sandbox)
    spec = JoinWaySpec([chat_id, second], room_base_name="新客群", room_base_id=7, state="poster")
    config_id = wecom.group_join_ways.add(spec)
    landed = [sandbox.corp("POST", "join", config_id=config_id)["chat_id"] for _ in range(7)]
    seventh, eighth = dict.fromkeys(landed[3:])
    assert landed == [chat_id, second, second, seventh, seventh, seventh, eighth]
    chats = [wecom.groups.get(one) for one in (seventh, eighth)]
    assert [(chat.name, chat.owner) for chat in chats] == [("新客群7", "lin"), ("新客群8", "lin")]
    made = [chat for kind, chat in heard.events(sandbox, "ChangeType", "ChatId") if kind == "create"]
    assert made == [seventh, eighth]
    assert {member.state for member in chats[0].member_list} == {"", "poster"}


def test_without_new_groups_full_is_full(wecom, sandbox, corp, chat_id):
    sandbox.call("POST", "corps", corpid=corp.corpid, group_capacity=3)
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id], auto_create_room=False))
    with pytest.raises(requests.HTTPError, match="full"):
        sandbox.corp("POST", "join", config_id=config_id)


def test_the_page_behind_the_code_brings_a_customer_in(wecom, sandbox, chat_id):
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id], remark="<b>海报</b>"))
    address = f"{sandbox.url}/join/{config_id}"
    assert requests.get(f"{address}.png", timeout=5).content.startswith(b"\x89PNG")
    assert "&lt;b&gt;海报" in requests.get(address, timeout=5).text
    assert requests.post(address, {"name": "赵六"}, timeout=5).status_code == 200
    assert wecom.groups.get(chat_id).member_list[-1].name == "赵六"
    for unknown in ("nothing", "nothing.png"):
        assert requests.get(f"{sandbox.url}/join/{unknown}", timeout=5).status_code == 404


# --- welcome templates ---


def test_a_template_from_making_to_deleting(wecom):
    media = wecom.media.upload("image", "a.png", PNG)
    made = wecom.group_welcomes.add("你好 %NICKNAME%", LINK, notify=False)
    template = wecom.group_welcomes.get(made)
    assert (template.text.content, template.link.title, template.image) == ("你好 %NICKNAME%", "活动", None)
    wecom.group_welcomes.edit(made, part={"msgtype": "image", "image": {"media_id": media.media_id}})
    changed = wecom.group_welcomes.get(made)
    assert (changed.text.content, changed.link, changed.image.media_id) == ("", None, media.media_id)
    wecom.group_welcomes.delete(made)
    assert refusal(wecom.group_welcomes.get, made) == 40035


def test_of_several_parts_the_first_in_wecoms_order_counts(wecom):
    body = {"video": {"media_id": "unused"}, "link": LINK["link"], "notify": 1}
    made = wecom.group_welcomes._write("externalcontact/group_welcome_template/add", body, dict)["template_id"]
    template = wecom.group_welcomes.get(made)
    assert (template.link.title, template.video) == ("活动", None)


WELCOME_LIMITS = {
    "text.content has 3001 bytes": ({"text": "a" * 3001}, 45002),
    "text.content has 3003 bytes": ({"text": "群" * 1001}, 45002),
    "both empty": ({}, 40063),
    "link.title has 129 bytes": ({"part": {"msgtype": "link", "link": {**LINK["link"], "title": "群" * 43}}}, 40058),
    "link.url is missing": ({"part": {"msgtype": "link", "link": {"title": "t"}}}, 40063),
    "image.media_id is missing": ({"part": {"msgtype": "image", "image": {"pic_url": ""}}}, 40063),
}


@pytest.mark.parametrize("problem", WELCOME_LIMITS)
def test_the_limits_of_templates_hold_on_both_sides(problem, wecom, client, played):
    wrong, code = WELCOME_LIMITS[problem]
    with pytest.raises(WeComError, match=problem):
        client.group_welcomes.add(**wrong)
    assert played.asked == []
    body = {"text": {"content": wrong.get("text", "")}}
    if part := wrong.get("part"):
        body[part["msgtype"]] = part[part["msgtype"]]
    endpoint = "externalcontact/group_welcome_template/add"
    assert refusal(wecom.group_welcomes._write, endpoint, body, lambda answer: None) == code


def test_a_corp_has_a_hundred_templates(wecom):
    for _ in range(100):
        wecom.group_welcomes.add("欢迎")
    with pytest.raises(WeComError) as full:
        wecom.group_welcomes.add("欢迎")
    assert (full.value.errcode, full.value.kind) == (41055, ErrorKind.QUOTA)


def test_an_app_changes_only_its_own_templates(wecom, sandbox, corp):
    made = wecom.group_welcomes.add("欢迎")
    sandbox.corp("POST", "apps", **SECOND_APP, token=corp.callback_token, aes_key=corp.aes_key)
    corp.set_credentials(agentid=SECOND_APP["agentid"], secret=SECOND_APP["secret"])
    other = client_for(corp)
    assert other.group_welcomes.get(made).text.content == "欢迎"
    assert refusal(other.group_welcomes.edit, made, "嗨") == 41058
    assert refusal(other.group_welcomes.delete, made) == 41058


def test_newcomers_are_greeted_with_the_template_that_the_owner_chose(wecom, sandbox, chat_id):
    made = wecom.group_welcomes.add("欢迎 %NICKNAME%！", LINK)
    sandbox.corp("POST", f"groups/{chat_id}/welcome", template_id=made)
    config_id = wecom.group_join_ways.add(JoinWaySpec([chat_id]))
    came = sandbox.corp("POST", "join", config_id=config_id, name="路人")["external_userid"]
    (greeting,) = [one for one in sandbox.record()["messages"] if one["kind"] == "group_welcome"]
    assert (greeting["external_userid"], greeting["text"]) == (came, "欢迎 路人！")
    assert (greeting["chat_id"], greeting["attachments"]) == (chat_id, [LINK])
    wecom.group_welcomes.delete(made)
    sandbox.corp("POST", "join", config_id=config_id)
    assert len([one for one in sandbox.record()["messages"] if one["kind"] == "group_welcome"]) == 1
