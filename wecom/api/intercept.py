from collections.abc import Sequence
from typing import Any

from wecom.api.base import API, Answer, nothing
from wecom.outgoing import check_chars, check_count, refuse
from wecom.parsing import rows_of
from wecom.payloads import InterceptRule, InterceptRuleRow
from wecom.text import clean

NAME_CHARS, WORD_CHARS = 20, 32
MOST_WORDS, MOST_NODES = 300, 1000
BLOCK, WARN = 1, 2
MOBILE, EMAIL, RED_PACKET = 1, 2, 3
Rows = list[InterceptRuleRow]  # named here because the class has a method `list`


class InterceptRules(API):
    """Words that staff may not write to customers (敏感词). At most 100 rules; who broke one cannot be read."""

    def add(
        self,
        name: str,
        words: Sequence[str],
        *,
        intercept_type: int = BLOCK,
        semantics: Sequence[int] = (),
        userids: Sequence[str] = (),
        departments: Sequence[int] = (),
    ) -> str:
        """Make a rule for members and departments; its rule_id. doc 95097

        name 1..20 characters; 1..300 words of 1..32 characters; semantics: 1 mobile number, 2 e-mail, 3 red packet;
        intercept_type: 1 warn and block, 2 warn only. QUOTA: 41068, 41069.
        """
        endpoint = "externalcontact/add_intercept_rule"
        if not name:
            raise refuse(endpoint, "rule_name is missing")
        if not userids and not departments:
            raise refuse(endpoint, "applicable_range: a rule needs a user or a department")
        check_count(endpoint, "word_list", words, MOST_WORDS)
        body = _rule(endpoint, name, words, intercept_type)
        if semantics:
            body["semantics_list"] = _semantics(endpoint, semantics)
        body["applicable_range"] = _range(endpoint, "applicable_range", userids, departments)

        def parse(answer: Answer) -> str:
            return str(answer["rule_id"])

        return self._write(endpoint, body, parse, "rule_id")

    def list(self) -> Rows:
        """doc 95097"""

        def parse(answer: Answer) -> Rows:
            return rows_of(InterceptRuleRow, answer.get("rule_list"))

        return self._fetch("externalcontact/get_intercept_rule_list", parse, "rule_list")

    def get(self, rule_id: str | int) -> InterceptRule:
        """PERMANENT: 41070 for a rule that never was, 41071 for a deleted one. doc 95097"""

        def parse(answer: Answer) -> InterceptRule:
            return InterceptRule.from_wecom(answer.get("rule"))

        return self._query("externalcontact/get_intercept_rule", parse, "rule", {"rule_id": str(rule_id)})

    def update(
        self,
        rule_id: str | int,
        *,
        name: str | None = None,
        words: Sequence[str] | None = None,
        intercept_type: int | None = None,
        semantics: Sequence[int] | None = None,
        add_userids: Sequence[str] = (),
        add_departments: Sequence[int] = (),
        remove_userids: Sequence[str] = (),
        remove_departments: Sequence[int] = (),
    ) -> None:
        """Change a rule; None leaves a field as it is, words and semantics replace what was there. doc 95097"""
        endpoint = "externalcontact/update_intercept_rule"
        changes = _rule(endpoint, name, words, intercept_type)
        if semantics is not None:
            changes["extra_rule"] = {"semantics_list": _semantics(endpoint, semantics)}
        ranges = {
            "add_applicable_range": (add_userids, add_departments),
            "remove_applicable_range": (remove_userids, remove_departments),
        }
        changes |= {field: _range(endpoint, field, *nodes) for field, nodes in ranges.items() if any(nodes)}
        if not changes:
            raise refuse(endpoint, "rule_name: nothing to change")
        self._write(endpoint, {"rule_id": str(rule_id), **changes}, nothing)

    def delete(self, rule_id: str | int) -> None:
        self._write("externalcontact/del_intercept_rule", {"rule_id": str(rule_id)}, nothing)


def _rule(endpoint: str, name: str | None, words: Sequence[str] | None, intercept_type: int | None) -> dict[str, Any]:
    check_chars(endpoint, rule_name=(name, NAME_CHARS))
    body: dict[str, Any] = {"rule_name": clean(name)} if name else {}
    if words is not None:
        check_count(endpoint, "word_list", words, MOST_WORDS)
        for number, word in enumerate(words):
            if not word:
                raise refuse(endpoint, f"word_list[{number}] is empty")
            check_chars(endpoint, **{f"word_list[{number}]": (word, WORD_CHARS)})
        body["word_list"] = [clean(word) for word in words]
    if intercept_type is not None:
        if intercept_type not in {BLOCK, WARN}:
            raise refuse(endpoint, "intercept_type is none of 1, 2")
        body["intercept_type"] = intercept_type
    return body


def _semantics(endpoint: str, semantics: Sequence[int]) -> list[int]:
    if not set(semantics) <= {MOBILE, EMAIL, RED_PACKET}:
        raise refuse(endpoint, "semantics_list has more than 1, 2, 3")
    return [*semantics]


def _range(endpoint: str, field: str, userids: Sequence[str], departments: Sequence[int]) -> dict[str, Any]:
    check_count(endpoint, f"{field}.user_list", userids, MOST_NODES, least=0)
    check_count(endpoint, f"{field}.department_list", departments, MOST_NODES, least=0)
    nodes = {"user_list": [*userids], "department_list": [*departments]}
    return {name: values for name, values in nodes.items() if values}
