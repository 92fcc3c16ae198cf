"""Faults on demand."""

import json
import time
from collections import Counter
from typing import Any

import pytest
import urllib3

from tests.sandbox.actors import Corp, Receiver


def switch(corp: Corp, **faults: Any) -> None:
    corp.control("faults", **{name.replace("_", "-"): settings for name, settings in faults.items()})


def test_busy_is_minus_one_and_nothing_is_applied(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.access_token()
    switch(corp, busy={"count": 1})
    assert corp.mass(customer)["errcode"] == -1
    assert corp.look("record")["mass"] == []
    assert corp.mass(customer)["errcode"] == 0


def test_rate_limit_is_45009(corp: Corp) -> None:
    corp.access_token()
    switch(corp, rate_limit={"count": 2})
    assert [corp.get("getcallbackip")["errcode"] for _ in range(3)] == [45009, 45009, 0]


def test_token_expiry_kills_the_token_for_good(corp: Corp) -> None:
    old = corp.access_token()
    switch(corp, token_expiry={"count": 1})
    assert corp.get("getcallbackip")["errcode"] in (42001, 40014)
    assert corp.get("getcallbackip")["errcode"] == 42001
    corp.token = ""
    assert corp.access_token() != old
    assert corp.get("getcallbackip")["errcode"] == 0


def test_timeout_after_accept_applies_the_call_and_keeps_the_caller_waiting(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.access_token()
    switch(corp, timeout_after_accept={"count": 1, "hold": 5, "endpoints": ["externalcontact/add_msg_template"]})
    assert corp.get("getcallbackip")["errcode"] == 0
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        corp.post(
            "externalcontact/add_msg_template",
            {"sender": "anna", "external_userid": [customer], "text": {"content": "x"}},
            timeout=0.4,
        )
    assert len(corp.look("record")["mass"]) == 1
    assert corp.mass(customer)["errcode"] == 0
    calls = corp.look("calls")["externalcontact/add_msg_template"]
    assert calls == {"calls": 2, "errors": {"timeout-after-accept": 1}}


def test_a_garbled_answer_hides_that_the_call_was_applied(corp: Corp) -> None:
    customer = corp.add("anna")
    path = f"/cgi-bin/externalcontact/add_msg_template?access_token={corp.access_token()}"
    body = json.dumps({"sender": "anna", "external_userid": [customer], "text": {"content": "x"}})
    switch(corp, garbled_answer={"count": 8, "endpoints": ["externalcontact/add_msg_template"]})
    answers = [corp.request("POST", path, body=body) for _ in range(8)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.data for answer in answers}) > 1
    assert not any(b"msgid" in answer.data for answer in answers)
    assert len(corp.look("record")["mass"]) == 8
    assert corp.look("calls")["externalcontact/add_msg_template"]["errors"] == {"garbled-answer": 8}


def test_a_held_answer_comes_after_all(corp: Corp) -> None:
    corp.access_token()
    switch(corp, timeout_after_accept={"count": 1, "hold": 0.4})
    started = time.monotonic()
    assert corp.get("getcallbackip")["errcode"] == 0
    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize(("when", "applied"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_before_and_after_the_call_is_applied(corp: Corp, when: str, applied: int) -> None:
    customer = corp.add("anna")
    corp.access_token()
    switch(corp, drop_connection={"count": 1, "when": when})
    with pytest.raises(urllib3.exceptions.ProtocolError):
        corp.mass(customer)
    assert len(corp.look("record")["mass"]) == applied
    assert corp.look("calls")["externalcontact/add_msg_template"]["errors"] == {"drop-connection": 1}
    assert corp.mass(customer)["errcode"] == 0


def test_both_ways_of_dropping_occur(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.access_token()
    switch(corp, drop_connection={"count": 20})
    for _ in range(20):
        with pytest.raises(urllib3.exceptions.ProtocolError):
            corp.mass(customer)
    assert 2 <= len(corp.look("record")["mass"]) <= 18


def test_a_rate_strikes_about_that_often(corp: Corp) -> None:
    corp.access_token()
    switch(corp, busy={"rate": 0.2})
    codes = Counter(corp.get("getcallbackip")["errcode"] for _ in range(200))
    assert 20 <= codes[-1] <= 65
    assert corp.see("faults")["busy"]["hits"] == codes[-1]


def test_switching_off(corp: Corp) -> None:
    corp.access_token()
    switch(corp, busy={}, rate_limit={})
    switch(corp, busy={"rate": 0})
    assert list(corp.see("faults")) == ["rate-limit"]
    assert corp.request("DELETE", "/sandbox/api/faults").status == 200
    assert corp.see("faults") == {}
    assert corp.get("getcallbackip")["errcode"] == 0


def test_faults_leave_the_control_api_alone(corp: Corp) -> None:
    switch(corp, busy={}, drop_connection={}, rate_limit={})
    assert corp.add("anna")


@pytest.mark.parametrize(
    "body",
    [{"earthquake": {}}, {"busy": 1}, {"busy": {"rate": 2}}, {"busy": {"count": -1}}, {"busy": {"often": 1}}],
)
def test_bad_faults_are_refused(corp: Corp, body: dict[str, Any]) -> None:
    assert corp.control("faults", 400, **body)["error"]
    assert corp.see("faults") == {}


def test_duplicate_callbacks(heard: Corp, receiver: Receiver) -> None:
    switch(heard, duplicate_callbacks={"count": 1})
    customers = [heard.add("anna"), heard.add("anna")]
    events = receiver.wait(3)
    seen = Counter(event["ExternalUserID"] for event in events)
    assert seen == {customers[0]: 2, customers[1]: 1}


def test_lost_callbacks(heard: Corp, receiver: Receiver) -> None:
    switch(heard, lose_callbacks={"count": 1})
    heard.add("anna")
    second = heard.add("anna")
    assert heard.control("tasks/run")["pending"] == 0
    assert [event["ExternalUserID"] for event in receiver.events] == [second]
    assert [entry["state"] for entry in heard.look("callbacks")["callbacks"]] == ["delivered", "lost"]


def test_reordered_callbacks(heard: Corp, receiver: Receiver) -> None:
    switch(heard, reorder_callbacks={"count": 1})
    first, second = heard.add("anna"), heard.add("anna")
    assert [event["ExternalUserID"] for event in receiver.wait(2)] == [second, first]
