"""What the editor's buttons do to its state: add, remove, move. The same with and without scripts.

An operation is `verb:path` or `verb:path:extra`, such as `remove:steps-2` or `add-item:steps-0:link`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.forms import conditions
from campaigns.forms.editor import new_step
from campaigns.forms.nodes import ITEMS
from campaigns.forms.state import State, first, number, rows
from campaigns.models import Action

MAX_STEPS, MAX_ITEMS, MAX_RULES = 50, 10, 30


def reshape(state: State, operation: str) -> State:
    """`state` after the operation; an operation that makes no sense changes nothing."""
    verb, path, extra = [*operation.split(":", 2), "", ""][:3]
    if verb in VERBS:
        VERBS[verb](state, path, extra)
    return state


def _node(state: State, path: str) -> Any:
    node: Any = state
    for part in path.split("-") if path else []:
        if isinstance(node, list):
            node = node[row] if (row := number(part)) is not None and row < len(node) else None
        elif isinstance(node, dict):
            node = node.get(part)
    return node


def _row(state: State, path: str) -> tuple[list[Any], int | None]:
    """The list in which the row at `path` stands, and its place there; None where there is no such row."""
    above, _dash, last = path.rpartition("-")
    found, row = _node(state, above), number(last)
    return (found, row) if isinstance(found, list) and row is not None and row < len(found) else ([], None)


def _list(node: Any, name: str) -> list[Any]:
    """The rows of a node under `name`, made if missing; a throw-away list where there is no such node."""
    if not isinstance(node, dict):
        return []
    if not isinstance(node.get(name), list):
        node[name] = []
    found = node[name]
    assert isinstance(found, list)
    return found


def add_step(state: State, path: str, action: str) -> None:
    steps = _list(state, "steps")
    if action in Action.values and len(steps) < MAX_STEPS:
        days = [day for step in rows(state, "steps") if (day := number(first(step, "days"))) is not None]
        steps.append(new_step(action, max(days, default=-1) + 1))


def add_item(state: State, path: str, kind: str) -> None:
    items = _list(_node(state, path), "content")
    if kind in ITEMS and len(items) < MAX_ITEMS:
        items.insert(0 if kind == "text" else len(items), {"kind": kind})


def add_made(state: State, path: str, item: dict[str, Any]) -> None:
    """A finished item into the step at `path`. A text joins the one that the message has."""
    items = _list(_node(state, path), "content")
    if item["kind"] == "text" and items and first(items[0], "kind") == "text":
        begun = first(items[0], "text")
        items[0] = {**item, "text": f"{begun}\n{item['text']}" if begun.strip() else item["text"]}
    elif item["kind"] in ITEMS and len(items) < MAX_ITEMS:
        items.insert(0 if item["kind"] == "text" else len(items), dict(item))


def add_group(state: State, path: str, extra: str) -> None:
    groups = _list(_node(state, path), "groups")
    if len(groups) < MAX_RULES:
        groups.append({"negate": "", "mode": "all", "rules": [{}]})


def add_rule(state: State, path: str, extra: str) -> None:
    rules = _list(_node(state, path), "rules")
    if len(rules) < MAX_RULES:
        rules.append({})


def remove(state: State, path: str, extra: str) -> None:
    found, row = _row(state, path)
    if row is not None:
        del found[row]


def move(state: State, path: str, direction: str) -> None:
    found, old = _row(state, path)
    if old is None or direction not in ("up", "down"):
        return
    new = old + (1 if direction == "down" else -1)
    if 0 <= new < len(found):
        found[old], found[new] = found[new], found[old]


def clear(state: State, path: str, extra: str) -> None:
    """Drop a condition that only the API could make, and begin anew with rules."""
    node = _node(state, path)
    if isinstance(node, dict):
        node.update(conditions.empty(), raw="")


VERBS: dict[str, Callable[[State, str, str], None]] = {
    "add-step": add_step,
    "add-item": add_item,
    "add-group": add_group,
    "add-rule": add_rule,
    "remove": remove,
    "move": move,
    "clear": clear,
}
