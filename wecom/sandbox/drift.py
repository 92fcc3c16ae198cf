"""Drift: WeCom's answers change without notice. With a corp's knob `drift` on, ours do too."""

from typing import Any

from wecom.sandbox import chance

OPTIONAL = {"remark_mobiles", "description", "order", "avatar", "unionid", "state"}
NUMBERS = {"createtime", "create_time", "send_time", "add_way", "gender", "type", "expires_in"}


def drifted(value: Any, *path: object) -> Any:
    """The same answer with an unknown field, some integers as strings and some optional fields missing."""
    if isinstance(value, list):
        return [drifted(item, *path, index) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    changed: dict[str, Any] = {"new_field_of_2031": {"unknown": [1, None]}}
    for name, item in value.items():
        draw = chance.uniform(*path, name)
        if name in OPTIONAL and draw < 0.3:
            continue
        changed[name] = str(item) if name in NUMBERS and draw < 0.5 else drifted(item, *path, name)
    return changed
