"""Mass sends: a task for each sender, nothing leaves before the staff confirms."""

from datetime import datetime
from typing import Any

from tests.sandbox.actors import Corp


def test_nothing_arrives_before_the_staff_confirms(corp: Corp) -> None:
    customer = corp.add("anna")
    answer = corp.mass(customer, text="新品到店")
    assert answer["fail_list"] == []
    assert answer["msgid"].startswith("msg")
    assert corp.messages() == []
    assert corp.statuses(answer["msgid"]) == {customer: 0}
    task = corp.post("externalcontact/get_groupmsg_task", msgid=answer["msgid"])["task_list"]
    assert task == [{"userid": "anna", "status": 0}]


def test_confirming_delivers_once_and_is_recorded_verbatim(corp: Corp) -> None:
    customer = corp.add("anna")
    link = {"msgtype": "link", "link": {"title": "标题", "url": "https://example.com", "desc": "d", "picurl": ""}}
    msgid = corp.mass(customer, text="😀 <b>", attachments=[link])["msgid"]
    assert corp.confirm(msgid) == {"sent": 1, "not_a_friend": 0, "capped": 0}
    message = corp.messages()[0]
    assert (message["text"], message["attachments"], message["msgid"]) == ("😀 <b>", [link], msgid)
    assert (message["external_userid"], message["userid"]) == (customer, "anna")
    corp.confirm(msgid, status=409)
    assert len(corp.messages()) == 1
    result = corp.post("externalcontact/get_groupmsg_send_result", msgid=msgid, userid="anna")["send_list"][0]
    task = corp.post("externalcontact/get_groupmsg_task", msgid=msgid)["task_list"][0]
    assert (result["status"], task["status"]) == (1, 2)
    assert result["send_time"] == task["send_time"]


def test_who_is_no_friend_of_the_sender_is_in_the_fail_list(corp: Corp) -> None:
    friend, of_bert, half = corp.add("anna"), corp.add("bert"), corp.add("anna", half=True)
    lost, dropped = corp.add("anna"), corp.add("anna")
    corp.act(f"customers/{lost}/delete_staff", userid="anna")
    corp.act("staff/anna/delete_customer", external_userid=dropped)
    answer = corp.mass(of_bert, friend, half, lost, dropped, "wmnobody")
    assert answer["fail_list"] == [of_bert, half, lost, dropped, "wmnobody"]
    assert corp.statuses(answer["msgid"]) == {friend: 0}


def test_nobody_left_is_41048_and_makes_no_task(corp: Corp) -> None:
    answer = corp.mass(corp.add("bert"))
    assert (answer["errcode"], answer["fail_list"], answer["msgid"]) == (41048, [], "")
    assert corp.look("record")["mass"] == []


def test_who_leaves_before_the_confirmation_gets_status_2(corp: Corp) -> None:
    stays, leaves = corp.add("anna"), corp.add("anna")
    msgid = corp.mass(stays, leaves)["msgid"]
    corp.act(f"customers/{leaves}/delete_staff", userid="anna")
    corp.confirm(msgid)
    assert corp.statuses(msgid) == {stays: 1, leaves: 2}
    assert [message["external_userid"] for message in corp.messages()] == [stays]


def test_without_sender_the_last_interaction_decides(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.advance(10)
    corp.add("bert", external_userid=customer)
    first = corp.mass(customer, sender="")["msgid"]
    corp.advance(10)
    corp.act(f"customers/{customer}/chat", userid="anna")
    second = corp.mass(customer, sender="")["msgid"]
    owners = [
        [task["userid"] for task in corp.post("externalcontact/get_groupmsg_task", msgid=msgid)["task_list"]]
        for msgid in (first, second)
    ]
    assert owners == [["Bert"], ["anna"]]


def test_a_sender_alone_reaches_all_of_his_customers(corp: Corp) -> None:
    friends = {corp.add("anna"), corp.add("anna")}
    corp.add("bert")
    assert set(corp.statuses(corp.mass()["msgid"])) == friends


def test_tag_filter_is_or_inside_and_and_between(corp: Corp) -> None:
    made = corp.post("externalcontact/add_corp_tag", group_name="g", tag=[{"name": n} for n in "abc"])
    a, b, c = (tag["id"] for tag in made["tag_group"]["tag"])
    both, only_a, only_c = corp.add("anna"), corp.add("anna"), corp.add("anna")
    for customer, tags in ((both, [a, c]), (only_a, [a]), (only_c, [c])):
        corp.post("externalcontact/mark_tag", userid="anna", external_userid=customer, add_tag=tags)
    filter_ = {"group_list": [{"tag_list": [a, b]}, {"tag_list": [c]}]}
    assert corp.statuses(corp.mass(tag_filter=filter_)["msgid"]) == {both: 0}
    named = corp.mass(only_a, tag_filter=filter_)  # a named list wins
    assert corp.statuses(named["msgid"]) == {only_a: 0}


def test_limits_of_the_content(corp: Corp) -> None:
    customer = corp.add("anna")
    link = {"msgtype": "link", "link": {"title": "t", "url": "https://example.com"}}

    def code(**more: Any) -> int:
        return corp.mass(customer, **more)["errcode"]

    assert code(text="x" * 4000, attachments=[link] * 9) == 0
    assert code(text="x" * 4001) == 45002
    assert code(attachments=[link] * 10) == 41064
    assert code(text="") == 40063
    assert code(attachments=[{"msgtype": "carrier-pigeon"}]) == 41065
    assert code(attachments=[{"msgtype": "link", "link": {"title": "t", "url": "example.com"}}]) == 45034
    assert code(attachments=[{"msgtype": "link", "link": {"title": "字" * 43, "url": "https://a.b"}}]) == 40058
    assert code(attachments=[{"msgtype": "link", "link": {"title": "t"}}]) == 40063
    assert code(attachments=[{"msgtype": "image", "image": {"media_id": "nothing"}}]) == 40007
    assert code(attachments=[{"msgtype": "link"}]) == 40063
    assert code(attachments="link") == 40058
    program = {"title": "t", "appid": "gh_1", "page": "p", "pic_media_id": "x"}
    assert code(attachments=[{"msgtype": "miniprogram", "miniprogram": program}]) == 90207


def test_who_may_send(corp: Corp) -> None:
    customer = corp.add("anna")
    assert corp.mass(customer, sender="nobody")["errcode"] == 60111
    assert corp.mass(customer, sender="carl")["errcode"] == 84074
    assert corp.mass(customer, chat_type="carrier")["errcode"] == 40058
    assert corp.mass(*["wm"] * 10_001)["errcode"] == 40058
    assert corp.post("externalcontact/add_msg_template", text={"content": "x"})["errcode"] == 40063


def test_cancel_stops_what_is_not_sent(corp: Corp) -> None:
    msgid = corp.mass(corp.add("anna"))["msgid"]
    assert corp.post("externalcontact/cancel_groupmsg_send", msgid=msgid)["errcode"] == 0
    corp.confirm(msgid, status=409)
    assert corp.messages() == []
    assert corp.post("externalcontact/cancel_groupmsg_send", msgid=msgid)["errcode"] == 41093
    assert corp.post("externalcontact/remind_groupmsg_send", msgid=msgid)["errcode"] == 41093
    assert list(corp.statuses(msgid).values()) == [0]
    assert corp.look("record")["mass"][0]["cancelled"] is True


def test_three_reminders_in_24_hours(corp: Corp) -> None:
    msgid = corp.mass(corp.add("anna"))["msgid"]
    codes = [corp.post("externalcontact/remind_groupmsg_send", msgid=msgid)["errcode"] for _ in range(4)]
    assert codes == [0, 0, 0, 41094]
    corp.advance(86401)
    assert corp.post("externalcontact/remind_groupmsg_send", msgid=msgid)["errcode"] == 0


def test_unknown_msgids(corp: Corp) -> None:
    for path in ("remind_groupmsg_send", "cancel_groupmsg_send", "get_groupmsg_task", "get_groupmsg_send_result"):
        assert corp.post(f"externalcontact/{path}", msgid="msgx", userid="anna")["errcode"] == 41047
        assert corp.post(f"externalcontact/{path}", {})["errcode"] == 41046


def test_results_are_not_there_in_the_first_moments_if_so_set(corp: Corp) -> None:
    corp.change(dispatch_seconds=30)
    msgid = corp.mass(corp.add("anna"))["msgid"]
    assert corp.post("externalcontact/get_groupmsg_task", msgid=msgid)["errcode"] == 41063
    answer = corp.post("externalcontact/get_groupmsg_send_result", msgid=msgid, userid="anna")
    assert answer["errcode"] == 41063
    corp.advance(31)
    assert corp.post("externalcontact/get_groupmsg_task", msgid=msgid)["errcode"] == 0


def test_the_list_of_sends(corp: Corp) -> None:
    customer = corp.add("anna")
    corp_sends = [corp.mass(customer, text=f"第{number}条")["msgid"] for number in range(2)]
    personal = corp.act("staff/anna/send", external_userid=[customer], text="我自己发的")["msgid"]
    now = corp.look("record")["mass"][0]["at"]

    def listed(**more: Any) -> dict[str, Any]:
        return corp.post("externalcontact/get_groupmsg_list_v2", {"chat_type": "single", **window, **more})

    window = {"start_time": moment(now) - 10, "end_time": moment(now) + 100}
    assert [row["msgid"] for row in listed(filter_type=0)["group_msg_list"]] == corp_sends
    own = listed(filter_type=1)["group_msg_list"]
    assert [(row["msgid"], row["creator"], row["create_type"]) for row in own] == [(personal, "anna", 1)]
    everything = listed()["group_msg_list"]
    assert everything[0]["text"] == {"content": "第0条"}
    assert "creator" not in everything[0]
    assert len(everything) == 3
    first = listed(limit=2)
    second = listed(limit=2, cursor=first["next_cursor"])
    assert [row["msgid"] for row in second["group_msg_list"]] == [personal]
    assert "next_cursor" not in second
    assert len(listed(limit=101)["group_msg_list"]) == 3
    assert listed(end_time=window["start_time"] + 32 * 86400)["errcode"] == 40058
    assert listed(chat_type="carrier")["errcode"] == 40058
    assert listed(start_time=None)["errcode"] == 40063


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
