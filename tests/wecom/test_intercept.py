"""Intercept rules: both documented shapes, rule_id as text and as a number, ranges added and removed."""

import pytest

from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.payloads import InterceptRule


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def refused(call) -> int | None:
    with pytest.raises(WeComError) as refusal:
        call()
    assert refusal.value.kind in {ErrorKind.PERMANENT, ErrorKind.QUOTA, ErrorKind.GONE}
    return refusal.value.errcode


def test_a_rule_from_making_to_deleting(wecom):
    rule_id = wecom.intercept.add("飞单", ["加我微信", "私下转账"], semantics=[1, 3], userids=["lin"], departments=[2])
    assert isinstance(rule_id, str)
    assert [(row.rule_id, row.rule_name) for row in wecom.intercept.list()] == [(rule_id, "飞单")]
    rule = wecom.intercept.get(rule_id)
    assert (rule.rule_id, rule.word_list, rule.semantics) == (rule_id, ("加我微信", "私下转账"), (1, 3))
    assert (rule.applicable_range.user_list, rule.applicable_range.department_list) == (("lin",), (2,))
    wecom.intercept.update(
        int(rule_id), words=["加微"], semantics=[], intercept_type=2, add_userids=["wang"], remove_departments=[2]
    )
    rule = wecom.intercept.get(int(rule_id))
    assert (rule.rule_name, rule.word_list, rule.semantics, rule.intercept_type) == ("飞单", ("加微",), (), 2)
    assert (rule.applicable_range.user_list, rule.applicable_range.department_list) == (("lin", "wang"), ())
    wecom.intercept.delete(rule_id)
    assert wecom.intercept.list() == []
    assert refused(lambda: wecom.intercept.get(rule_id)) == 41071
    assert refused(lambda: wecom.intercept.get("nothing")) == 41070


def test_a_drifting_wecom_puts_the_semantics_elsewhere(wecom, sandbox, corp):
    rule_id = wecom.intercept.add("飞单", ["加微"], semantics=[2], userids=["lin"])
    sandbox.call("POST", "corps", corpid=corp.corpid, drift=True)
    try:
        assert wecom.intercept.get(rule_id).semantics == (2,)
    finally:
        sandbox.call("POST", "corps", corpid=corp.corpid, drift=False)


@pytest.mark.parametrize("rule_id", [17, "17"])
@pytest.mark.parametrize("shape", [{"semantics_list": [1]}, {"extra_rule": {"semantics_list": ["1"]}}])
def test_both_shapes_are_read(rule_id, shape):
    rule = InterceptRule.from_wecom({"rule_id": rule_id, "intercept_type": "7", **shape})
    assert (rule.rule_id, rule.semantics, rule.intercept_type) == ("17", (1,), 7)


def test_what_only_wecom_can_know_is_refused_by_it(wecom):
    wecom.intercept.add("飞单", ["加微"], userids=["lin"])
    assert refused(lambda: wecom.intercept.add("飞单", ["a"], userids=["lin"])) == 41077
    assert refused(lambda: wecom.intercept.add("b", ["a"], userids=["nobody"])) == 60111
    assert refused(lambda: wecom.intercept.add("b", ["a"], departments=[77])) == 60123


def test_the_hundred_and_first_rule_is_refused(wecom):
    for number in range(100):
        wecom.intercept.add(f"规则 {number}", ["词"], userids=["lin"])
    assert refused(lambda: wecom.intercept.add("规则 100", ["词"], userids=["lin"])) == 41069


LIMITS = {
    "rule_name has 21 characters": ({"rule_name": "规" * 21}, 45022),
    r"word_list\[0\] has 33 characters": ({"word_list": ["词" * 33]}, 41083),
    "word_list has 301 entries": ({"word_list": [f"词{n}" for n in range(301)]}, 41068),
    "semantics_list has more than": ({"semantics_list": [4]}, 41084),
    "intercept_type is none of": ({"intercept_type": 3}, 40058),
    "user_list has 1001 entries": ({"applicable_range": {"user_list": [f"u{n}" for n in range(1001)]}}, 41076),
    "needs a user or a department": ({"applicable_range": {}}, 40063),
}


@pytest.mark.parametrize("problem", LIMITS)
def test_limits_hold_on_both_sides(problem, wecom, client, played):
    change, code = LIMITS[problem]
    body = {"rule_name": "飞单", "word_list": ["词"], "intercept_type": 1, "applicable_range": {"user_list": ["lin"]}}
    body |= change
    with pytest.raises(WeComError, match=problem):
        client.intercept.add(
            body["rule_name"],
            body["word_list"],
            intercept_type=body["intercept_type"],
            semantics=body.get("semantics_list", ()),
            userids=body["applicable_range"].get("user_list", ()),
        )
    assert played.asked == []
    with pytest.raises(WeComError) as served:
        wecom.intercept._write("externalcontact/add_intercept_rule", body, lambda answer: None)
    assert served.value.errcode == code
