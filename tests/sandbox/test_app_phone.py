"""What staff do with the app: each deed is a callback with the documented elements (docs 90239, 90240)."""

from typing import Any

import pytest

from tests.sandbox.actors import Corp, Receiver

MESSAGES = {
    "text": {"Content": "查客户 <b>&]]>"},
    "image": {"PicUrl": "https://p.example/1", "MediaId": "m1"},
    "voice": {"MediaId": "m1", "Format": "amr"},
    "video": {"MediaId": "m1", "ThumbMediaId": "m2"},
    "location": {"Location_X": "23.1", "Location_Y": "113.3", "Scale": "15", "Label": "广州", "AppType": "wxwork"},
    "link": {"Title": "标题", "Description": "d", "Url": "https://a.cn", "PicUrl": "https://a.cn/p"},
}
CARD = {
    "card_type": "vote_interaction",
    "task_id": "t1",
    "main_title": {"title": "投票"},
    "checkbox": {"question_key": "q", "option_list": [{"id": "1", "text": "是"}, {"id": "2", "text": "否"}]},
    "submit_button": {"text": "提交", "key": "go"},
}


def send(corp: Corp, card: dict[str, Any], touser: str = "anna", **more: Any) -> dict[str, Any]:
    return corp.post(
        "message/send",
        {"touser": touser, "msgtype": "template_card", "agentid": 1000002, "template_card": card, **more},
    )


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_kind_of_message_to_the_app(kind: str, heard: Corp, receiver: Receiver) -> None:
    msgid = heard.act("staff/anna/say", kind=kind, **MESSAGES[kind])["MsgId"]
    (told,) = receiver.wait(1)
    assert told | MESSAGES[kind] == told
    assert (told["FromUserName"], told["MsgType"], told["MsgId"]) == ("anna", kind, msgid)
    assert (told["ToUserName"], told["AgentID"]) == (heard.corpid, "1000002")
    assert receiver.requests[0]["outer"]["AgentID"] == "1000002"


@pytest.mark.parametrize(
    ("event", "parts"),
    [
        ("enter_agent", {"EventKey": ""}),
        ("click", {"EventKey": "menu_tasks"}),
        ("view", {"EventKey": "https://a.cn"}),
        ("LOCATION", {"Latitude": "23.1", "Longitude": "113.3", "Precision": "65"}),
        ("subscribe", {}),
    ],
)
def test_events_of_members(event: str, parts: dict[str, str], heard: Corp, receiver: Receiver) -> None:
    heard.act("staff/anna/app_event", event=event, **parts)
    (told,) = receiver.wait(1)
    assert told | parts == told
    assert (told["Event"], told["FromUserName"], told["AgentID"]) == (event, "anna", "1000002")


def test_events_of_nobody(heard: Corp, receiver: Receiver) -> None:
    heard.act("app_event", event="inactive_alert", EffectTime=1_700_000_000)
    heard.act("app_event", event="batch_job_result", BatchJob={"JobId": "j1"})
    alert, _job = receiver.wait(2)
    assert (alert["Event"], alert["FromUserName"], alert["EffectTime"]) == ("inactive_alert", "sys", "1700000000")
    xml = heard.look("callbacks")["callbacks"][0]["xml"]
    assert "<BatchJob><JobId><![CDATA[j1]]></JobId><JobType><![CDATA[sync_user]]></JobType><ErrCode>0</ErrCode>" in xml


def test_entering_and_leaving_the_visible_range(heard: Corp, receiver: Receiver) -> None:
    heard.act("apps", agentid=1000002, visible_range={"userids": ["anna"]})
    heard.act("apps", agentid=1000002, visible_range={"userids": ["carl"]})
    told = [(event["Event"], event["FromUserName"]) for event in receiver.wait(4)]
    assert told == [("unsubscribe", "Bert"), ("unsubscribe", "carl"), ("subscribe", "carl"), ("unsubscribe", "anna")]


def test_who_does_not_see_the_app_cannot_write_to_it(heard: Corp, corp: Corp) -> None:
    assert "visible range" in heard.act("staff/dora/say", 409, Content="x")["error"]
    assert "callback URL" in corp.act("staff/anna/say", 409, Content="x")["error"]


def test_what_cannot_be_pressed(heard: Corp) -> None:
    msgid = send(heard, CARD)["msgid"]

    def press(key: str = "go", userid: str = "anna", **chosen: list[str]) -> str:
        answers = [{"question_key": name, "option_ids": ids} for name, ids in chosen.items()]
        return heard.act(f"staff/{userid}/press", 409, msgid=msgid, key=key, chosen=answers)["error"]

    assert "no button" in press("stop")
    assert "answered" in press(q=["3"])
    assert "answered" in press(q=["1", "2"])
    assert "answered" in press(other=["1"])
    assert "no message" in press(userid="bert")
    heard.post("message/recall", msgid=msgid)
    assert "no message" in press()


def test_what_a_strangers_card_is_refused_for(heard: Corp, corp: Corp) -> None:
    def code(**changes: Any) -> int:
        return send(heard, {**CARD, **changes})["errcode"]

    assert code(card_type="none") == 40058
    assert code(task_id="") == 42014
    assert code(task_id="x" * 129) == 42014
    assert code(main_title={}) == 40063
    assert code(submit_button={"text": "x"}) == 40063
    assert code(checkbox={"question_key": "q", "option_list": []}) == 40063
    assert code(checkbox={"question_key": "q", "option_list": [{"id": "1", "text": "x"}] * 21}) == 40058
    assert code(checkbox={"question_key": "q" * 1025, "option_list": [{"id": "1", "text": "x"}]}) == 40058
    notice = {"card_type": "text_notice", "main_title": {"title": "t"}, "card_action": {"type": 1, "url": "u"}}
    assert send(heard, {**notice, "horizontal_content_list": [{"keyname": "k"}] * 7})["errcode"] == 40058
    assert send(heard, {**notice, "jump_list": [{"title": "t"}] * 4})["errcode"] == 40058
    assert send(heard, {**notice, "card_action": {"type": 3}})["errcode"] == 40058
    assert send(heard, {**notice, "action_menu": {"action_list": []}, "task_id": "t"})["errcode"] == 40058
    assert send(corp, CARD)["errcode"] == 43012


def test_what_an_update_is_refused_for(heard: Corp, make_corp: Any) -> None:
    code = send(heard, CARD)["response_code"]

    def update(**fields: Any) -> int:
        body = {"userids": ["anna"], "agentid": 1000002, "response_code": code, "button": {"replace_name": "好"}}
        return heard.post("message/update_template_card", {**body, **fields})["errcode"]

    assert update(response_code="none") == 40035
    assert update(response_code=None) == 40063
    assert update(userids=["bert"]) == 81013
    assert update(userids=["u"] * 1001) == 40032
    assert update(button={}) == 40063
    assert update(agentid=5) == 40056
    assert update(template_card={"card_type": "none"}, button=None) == 40058
    assert update() == 0  # what was refused has not used the code up
    assert update() == 40035


def test_refusals_of_a_strangers_message(corp: Corp) -> None:
    def code(**body: Any) -> int:
        text = {"touser": "anna", "msgtype": "text", "agentid": 1000002, "text": {"content": "x"}}
        return corp.post("message/send", {**text, **body})["errcode"]

    keys = {"secret": "second", "token": "t", "aes_key": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"}
    corp.act("apps", agentid=1000003, **keys)
    assert code(agentid=1000003) == 301002
    assert code(touser="") == 82001
    assert code(touser="|".join(f"u{n}" for n in range(1001))) == 40032
    assert code(toparty="|".join(str(n) for n in range(101))) == 82002
    assert code(totag="|".join(str(n) for n in range(101))) == 82003
    assert code(enable_duplicate_check=1, duplicate_check_interval=14_401) == 40058
    assert code(msgtype="markdown", markdown={"content": "x" * 2049}) == 45002
    assert code(msgtype="news", news={"articles": [{"title": "t", "url": "u"}] * 9}) == 45008
    assert code(msgtype="news", news={"articles": [{"title": "t"}]}) == 40063
    assert code(msgtype="image", image={"media_id": "gone"}) == 40007
    assert code(msgtype="miniprogram_notice", miniprogram_notice={"appid": "gh1", "title": "四个字的"}) == 90207
