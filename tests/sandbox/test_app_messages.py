"""Messages of the app to staff."""

from typing import Any

from tests.sandbox.actors import Corp


def send(corp: Corp, touser: str = "anna", **more: Any) -> dict[str, Any]:
    body = {"touser": touser, "msgtype": "text", "agentid": 1000002, "text": {"content": "今天有 3 个任务"}}
    return corp.post("message/send", {**body, **more})


def inbox(corp: Corp, userid: str = "anna") -> list[dict[str, Any]]:
    return corp.look(f"staff/{userid}")["app_messages"]


def test_a_text_arrives(corp: Corp) -> None:
    answer = send(corp)
    assert (answer["errcode"], answer["invaliduser"]) == (0, "")
    assert inbox(corp)[0]["content"] == "今天有 3 个任务"
    assert inbox(corp)[0]["msgid"] == answer["msgid"]


def test_a_textcard_arrives(corp: Corp) -> None:
    card = {"title": "待办", "description": "3 个", "url": "https://scrm.example/tasks"}
    assert send(corp, msgtype="textcard", textcard=card)["errcode"] == 0
    assert inbox(corp)[0] | card == inbox(corp)[0]


def test_who_is_unknown_comes_back_lower_cased(corp: Corp) -> None:
    answer = send(corp, "BERT|Nobody|dora")
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody|dora")
    assert len(inbox(corp, "Bert")) == 1


def test_departments_and_everybody(corp: Corp) -> None:
    assert send(corp, "", toparty="2|99")["invalidparty"] == "99"
    assert [len(inbox(corp, who)) for who in ("anna", "bert", "carl")] == [1, 1, 0]
    send(corp, "@all")
    assert [len(inbox(corp, who)) for who in ("anna", "bert", "carl")] == [2, 2, 1]


def test_what_is_refused(corp: Corp) -> None:
    assert send(corp, "nobody")["errcode"] == 81013
    assert send(corp, agentid=5)["errcode"] == 40056
    assert send(corp, msgtype="dance")["errcode"] == 40008
    assert send(corp, text={})["errcode"] == 44004
    assert send(corp, msgtype="textcard", textcard={"title": "字" * 129})["errcode"] == 40058
    assert send(corp, agentid="1000002")["errcode"] == 40058


def test_a_long_text_is_cut_at_a_whole_character(corp: Corp) -> None:
    send(corp, text={"content": "字" * 1000})
    assert inbox(corp)[0]["content"] == "字" * 682


def test_over_30_a_minute_are_dropped_without_an_error(corp: Corp) -> None:
    assert {send(corp)["errcode"] for _ in range(32)} == {0}
    assert len(inbox(corp)) == 30
    corp.advance(61)
    send(corp)
    assert len(inbox(corp)) == 31
