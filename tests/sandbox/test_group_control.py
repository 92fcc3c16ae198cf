"""Acting in groups through the control API: what is wrong is said, and nothing happens."""

from typing import Any

import pytest

from tests.sandbox.actors import Corp, Receiver


@pytest.fixture
def chat_id(corp: Corp) -> str:
    return corp.act("groups", owner="anna", name="群", members=["Bert"])["chat_id"]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"join": ["nobody"]}, 404),
        ({"join": ["Bert"], "scene": 4}, 400),
        ({"join": "Bert"}, 400),
        ({"nose": 1}, 400),
        ({"owner": "nobody"}, 404),
        ({"owner": "carl"}, 409),
        ({"quit": ["anna"]}, 409),
    ],
)
def test_changes_that_cannot_be(corp: Corp, chat_id: str, what: dict[str, Any], status: int) -> None:
    before = corp.look(f"groups/{chat_id}")
    assert corp.act(f"groups/{chat_id}/change", status, **what)["error"].endswith(".")
    assert corp.look(f"groups/{chat_id}") == before


def test_groups_that_are_not_there(corp: Corp, chat_id: str) -> None:
    corp.act(f"groups/{chat_id}/dismiss")
    for path, body in (
        ("change", {"name": "x"}),
        ("dismiss", {}),
        ("say", {"who": "anna"}),
        ("welcome", {}),
        ("inheriting", {}),
    ):
        corp.act(f"groups/{chat_id}/{path}", 404, **body)
    corp.look(f"groups/{chat_id}", 404)
    assert corp.look("groups") == {"groups": [], "join_ways": []}
    corp.act("groups", 404, owner="nobody")
    corp.act("groups", 404, owner="anna", members=["nobody"])
    corp.act("join", 409, config_id="nothing")


def test_who_is_not_in_a_group_says_nothing_in_it(corp: Corp, chat_id: str) -> None:
    corp.act(f"groups/{chat_id}/say", who="ANNA")
    corp.act(f"groups/{chat_id}/say", 409, who="carl")
    corp.act(f"groups/{chat_id}/welcome", 404, template_id="nothing")


def test_coming_twice_and_going_twice_is_once(heard: Corp, receiver: Receiver) -> None:
    chat_id = heard.act("groups", owner="anna", members=["ANNA", "Bert"])["chat_id"]
    for what in ({"join": ["bert"]}, {"quit": ["bert", "carl"]}, {"quit": ["bert"]}, {"join": ["bert", "bert"]}):
        heard.act(f"groups/{chat_id}/change", **what)
    heard.control("tasks/run")
    assert [event.get("UpdateDetail") for event in receiver.events] == [None, "del_member", "add_member"]
    assert [member["userid"] for member in heard.look(f"groups/{chat_id}")["members"]] == ["anna", "Bert"]


def test_a_group_has_at_most_500_members(corp: Corp, chat_id: str) -> None:
    crowd = [{"userid": f"s{number}", "name": "员工", "department": [1]} for number in range(499)]
    corp.control("corps", corpid=corp.corpid, staff=crowd)
    everybody = [member["userid"] for member in crowd]
    corp.act(f"groups/{chat_id}/change", 409, join=everybody)
    corp.act(f"groups/{chat_id}/change", join=everybody[1:])
    assert corp.look("groups")["groups"][0]["members"] == 500
