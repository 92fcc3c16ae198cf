"""The editor's form as nested plain values: what the browser posts, before anything is judged.

A field's name is its path, `steps-0-content-1-text`; a node is a dict, a numbered row a list item, a leaf the list of
strings that was posted under that name. Rows keep the order of their numbers; gaps close.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from django.utils.datastructures import MultiValueDict

from wecom.text import clean

State: TypeAlias = dict[str, Any]
ROOTS = {"plan", "audience", "steps"}
MAX_DEPTH = 10


def unflatten(data: MultiValueDict[str, str]) -> State:
    """The posted names that belong to the editor, as a tree."""
    root: State = {}
    for name in data:
        path = name.split("-")
        if path[0] in ROOTS and len(path) <= MAX_DEPTH:
            _put(root, path, [clean(value) for value in data.getlist(name)])
    tree = _close_gaps(root)
    assert isinstance(tree, dict)
    return tree


def flatten(state: State) -> MultiValueDict[str, str]:
    """The same tree as posted names; strings and numbers stand for lists of one."""
    return MultiValueDict(dict(_leaves(state, "")))


def first(node: Mapping[str, Any], name: str, default: str = "") -> str:
    """The one value posted under `name` in this node."""
    value = node.get(name, default)
    if isinstance(value, list):
        value = value[-1] if value else default
    return value if isinstance(value, str) else default if isinstance(value, dict) else str(value)


def rows(node: Mapping[str, Any], name: str) -> list[State]:
    """The numbered rows under `name`; whatever else was posted there is no row."""
    found = node.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def number(text: str) -> int | None:
    """A posted whole number that a row's key can be; None for anything else, however long."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def branch(node: Mapping[str, Any], name: str) -> State:
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def _put(node: State, path: list[str], values: list[str]) -> None:
    for part in path[:-1]:
        below = node.setdefault(part, {})
        if not isinstance(below, dict):
            return
        node = below
    node.setdefault(path[-1], values)


def _close_gaps(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(number(key) is not None for key in node):
        return [_close_gaps(node[key]) for key in sorted(node, key=int)]
    return {key: _close_gaps(value) for key, value in node.items()}


def _leaves(node: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}-{key}" if path else key)
    elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
        for number, item in enumerate(node):
            yield from _leaves(item, f"{path}-{number}")
    elif isinstance(node, list):
        yield path, [str(item) for item in node]
    elif node is not None:
        yield path, [str(node)]
