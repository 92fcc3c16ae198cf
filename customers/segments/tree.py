"""Trees: from JSON to typed nodes, and from nodes to one SQL predicate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.translation import gettext as _

from customers.segments.errors import ConditionError
from customers.segments.fields import FIELDS, Field
from customers.segments.sql import Fragment, Scope, joined
from customers.segments.values import Ids, Value
from wecom.models import Corp
from wecom.text import one_line

if TYPE_CHECKING:
    from staff.models import User

__all__ = ["Condition", "ConditionError", "Leaf", "audience", "compile_sql", "parse", "read"]

Named = TypeVar("Named")
MAX_DEPTH = 20
MAX_NODES = 1_000
MAX_VALUES = 1_000


@dataclass(frozen=True)
class Group:
    """`all` or `any` over its parts."""

    word: str
    parts: tuple[Node, ...]

    def leaves(self) -> Iterator[Leaf]:
        for part in self.parts:
            yield from part.leaves()

    def sql(self, scope: Scope) -> Fragment:
        return joined("AND" if self.word == "all" else "OR", (part.sql(scope) for part in self.parts))


@dataclass(frozen=True)
class Not:
    part: Node

    def leaves(self) -> Iterator[Leaf]:
        return self.part.leaves()

    def sql(self, scope: Scope) -> Fragment:
        return ~self.part.sql(scope)


@dataclass(frozen=True)
class Leaf:
    """One question about a customer, its value typed by the operator."""

    field: Field
    op: str
    value: Any
    path: str

    @property
    def kind(self) -> Value:
        return self.field.ops[self.op].value

    def leaves(self) -> Iterator[Leaf]:
        yield self

    def sql(self, scope: Scope) -> Fragment:
        return self.field.sql(self, scope)


Node = Group | Not | Leaf


@dataclass(frozen=True, eq=False)
class Condition:
    """A tree read for one corp: typed, its ids looked up."""

    corp: Corp
    root: Node
    keys: Mapping[str, Mapping[Any, int]]

    def missing(self) -> Iterator[tuple[str, Any]]:
        """Path and id of every id that the corp does not have."""
        for leaf in self.root.leaves():
            if isinstance(leaf.kind, Ids):
                known = self.keys[leaf.kind.kind]
                where = below(leaf.path, "value")
                yield from ((f"{where}[{n}]", one) for n, one in enumerate(leaf.value) if one not in known)

    def scope(self, user: User | None = None) -> Scope:
        """Where its leaves look. `user`: who asks; a remark that he may not read does not match him anything."""
        if user is None or user.sees_whole_corp:
            return Scope(self.corp, keys=self.keys)
        return Scope(self.corp, keys=self.keys, seen_by=tuple(user.colleagues().values_list("pk", flat=True)))

    def sql(self, scope: Scope) -> Fragment:
        return self.root.sql(scope)


def parse(tree: Any, corp: Corp) -> Condition:
    """The condition, fit to be saved. Raises ConditionError with the path to what is wrong, unknown ids included."""
    condition = _look_up(corp, Reader(corp).root(tree))
    for path, one in condition.missing():
        raise ConditionError(path, _("Unknown: %(id)s.") % {"id": one_line(one, 64)})
    return condition


def read(tree: Any, corp: Corp) -> Condition:
    """The condition of a tree that was saved: ids that have disappeared since are allowed to stand."""
    return _look_up(corp, Reader(corp, spare=1).root(tree))


def _look_up(corp: Corp, root: Node) -> Condition:
    wanted: dict[str, set[Any]] = defaultdict(set)
    finders: dict[str, Ids] = {}
    for leaf in root.leaves():
        if isinstance(leaf.kind, Ids):
            finders[leaf.kind.kind] = leaf.kind
            wanted[leaf.kind.kind].update(leaf.value)
    return Condition(corp, root, {kind: finders[kind].keys(corp, ids) for kind, ids in wanted.items()})


def compile_sql(
    tree: Any,
    corp: Corp,
    *,
    customer: str = "customers_customer",
    digest: str = "customers_digest",
    user: User | None = None,
) -> Fragment:
    """A saved tree as one boolean SQL expression over two aliases, which the caller joins.

    Its value is NULL where only an id that has disappeared could decide, and a WHERE takes NULL for false: such a
    leaf matches nobody, and neither does its negation.
    """
    condition = read(tree, corp)
    return condition.sql(replace(condition.scope(user), customer=customer, digest=digest))


def audience(tree: Any) -> Any:
    """The tree, without lost customers unless it says something about them itself. Parse it first."""
    if any(node.get("field") == "lost" for node in _objects(tree)):
        return tree
    friends = {"field": "lost", "op": "is", "value": False}
    if isinstance(tree, dict) and set(tree) == {"all"} and isinstance(tree["all"], list):
        return {"all": [friends, *tree["all"]]}
    return {"all": [friends, tree]}


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in the tree, without recursion: nobody has checked its depth yet."""
    heap = [tree]
    while heap:
        node = heap.pop()
        if isinstance(node, dict):
            yield node
            heap.extend(node.values())
        elif isinstance(node, list):
            heap.extend(node)


class Reader:
    """One walk over one tree, with what is left of its size limits. `spare`: levels that `audience` may have added."""

    def __init__(self, corp: Corp, spare: int = 0) -> None:
        self.corp = corp
        self.depth = MAX_DEPTH + spare
        self.nodes = MAX_NODES + 2 * spare
        self.values = MAX_VALUES

    def root(self, raw: Any) -> Node:
        return self.node(raw, "", self.depth)

    def node(self, raw: Any, path: str, depth: int) -> Node:
        self.nodes -= 1
        if self.nodes < 0:
            raise ConditionError(path, _("The condition has more than %(most)d parts.") % {"most": MAX_NODES})
        if depth == 0:
            raise ConditionError(path, _("The condition is nested more than %(most)d deep.") % {"most": MAX_DEPTH})
        if not isinstance(raw, dict):
            raise ConditionError(path, _("Must be an object with all, any, not, or a field."))
        names = set(raw)
        if names == {"not"}:
            return Not(self.node(raw["not"], below(path, "not"), depth - 1))
        if names in ({"all"}, {"any"}):
            word, parts = next(iter(raw.items()))
            return self.group(word, parts, path, depth)
        return self.leaf(raw, path)

    def group(self, word: str, raw: Any, path: str, depth: int) -> Group:
        path = below(path, word)
        if not isinstance(raw, list):
            raise ConditionError(path, _("Must be a list."))
        return Group(word, tuple(self.node(part, f"{path}[{n}]", depth - 1) for n, part in enumerate(raw)))

    def leaf(self, raw: dict[Any, Any], path: str) -> Leaf:
        if not raw.keys() & {"field", "op", "value"}:
            raise ConditionError(path, _("Must be an object with all, any, not, or a field."))
        for name in ("field", "op", "value"):
            if name not in raw:
                raise ConditionError(below(path, name), _("Is missing."))
        for name in raw.keys() - {"field", "op", "value"}:
            raise ConditionError(path, _("Does not belong here: %(name)s.") % {"name": one_line(name, 64)})
        field = self.named(FIELDS, raw["field"], below(path, "field"))
        op = self.named(field.ops, raw["op"], below(path, "op"))
        where = below(path, "value")
        self.count(raw["value"], where)
        return Leaf(field, raw["op"], op.value.read(raw["value"], where, self.corp), path)

    def named(self, table: Mapping[str, Named], name: Any, path: str) -> Named:
        if not isinstance(name, str):
            raise ConditionError(path, _("Must be text."))
        if name not in table:
            raise ConditionError(path, _("Unknown: %(id)s.") % {"id": one_line(name, 64)})
        return table[name]

    def count(self, raw: Any, path: str) -> None:
        self.values -= len(raw) if isinstance(raw, list) else 0
        if self.values < 0:
            raise ConditionError(path, _("The condition has more than %(most)d values.") % {"most": MAX_VALUES})


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
