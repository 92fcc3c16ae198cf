"""Drift: WeCom's answers change without notice. With a corp's knob `drift` on, ours do too; with `short_pages`, pages
are shorter than what was asked for. What an answer suffers follows from the seed and the answer."""

from typing import Any

from wecom.sandbox import chance
from wecom.sandbox.store import dumps

OPTIONAL = {
    "remark_mobiles",
    "description",
    "order",
    "avatar",
    "unionid",
    "state",
    "oper_userid",
    "remark_corp_name",
    "notice",
    "group_nickname",
    "alias",
    "telephone",
    "position",
}
NUMBERS = {"createtime", "create_time", "join_time", "send_time", "add_way", "gender", "type", "expires_in", "order"}
NEW = {"unknown": [1, None]}
LARGEST_LIMIT = 1000  # what is above is left to the handler: some take it for less, some refuse it


def drifted(answer: dict[str, Any], seed: int, endpoint: str) -> dict[str, Any]:
    """The same success with an unknown field in each object, some integers as strings, some optional fields missing.

    Now and then `errcode` and `errmsg` are missing, and an end of pages is told the other way: empty or absent.
    """
    label = chance.hexadecimal(seed, endpoint, dumps(answer))
    changed: dict[str, Any] = _drifted(answer, label)
    if chance.uniform(label, "envelope") < 0.25:
        del changed["errcode"], changed["errmsg"]
    if not answer.get("next_cursor") and chance.uniform(label, "end") < 0.5:
        if "next_cursor" in changed:
            del changed["next_cursor"]
        elif any(isinstance(value, list) for value in answer.values()):
            changed["next_cursor"] = ""
    return changed


def _drifted(value: Any, *path: object) -> Any:
    if isinstance(value, list):
        return [_drifted(item, *path, index) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    changed: dict[str, Any] = {"new_field_of_2031": NEW}
    for name, item in value.items():
        draw = chance.uniform(*path, name)
        if name in OPTIONAL and draw < 0.3:
            continue
        changed[name] = str(item) if _is_number(name, item) and draw < 0.65 else _drifted(item, *path, name)
    return changed


def _is_number(name: str, item: Any) -> bool:
    return name in NUMBERS and isinstance(item, int) and not isinstance(item, bool)


def shorter(body: dict[str, Any], seed: int, endpoint: str) -> dict[str, Any]:
    """The request with a smaller `limit` than it asks for, at least 1; the default counts as 50."""
    limit = body.get("limit", 50)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 < limit <= LARGEST_LIMIT:
        return body
    draw = chance.uniform(seed, endpoint, "page", body.get("cursor", ""))
    return {**body, "limit": 1 + int(draw * limit)}
