"""The condition builder: groups of rules in the editor ↔ a tree of the condition language (design §9).

The builder shows `all`/`any` of groups, each `all`/`any` of rules, and `not` before a group or a rule. A deeper tree,
which only the API can make, is kept whole as JSON and saved as it came, so that nothing is lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime, make_aware
from django.utils.translation import gettext_lazy as _

from campaigns.forms.catalog import Catalog, Input, Option
from campaigns.forms.nodes import Node
from campaigns.forms.state import State, first, flatten, rows

Tree = dict[str, Any]
JOINS = ("all", "any")
MODES = [("all", _("all of these")), ("any", _("any of these"))]


class JoinForm(Node):
    join = forms.ChoiceField(label=_("How the groups combine"), choices=MODES)


class GroupForm(Node):
    negate = forms.BooleanField(label=_("not"), required=False)
    mode = forms.ChoiceField(label=_("How the rules combine"), choices=MODES)


class RuleForm(Node):
    """Field, op and a value whose control depends on both."""

    field = forms.ChoiceField(label=_("Field"))
    op = forms.ChoiceField(label=_("Comparison"))
    negate = forms.BooleanField(label=_("not"), required=False)

    def __init__(self, data: Any, *, prefix: str, catalog: Catalog, judged: bool = False) -> None:
        super().__init__(data, prefix=prefix, judged=judged)
        self.entry = catalog.get(data.get(f"{prefix}-field"))
        set_choices(self.fields["field"], [("", _("choose…")), *((item.key, item.label) for item in catalog)])
        self.options: list[tuple[str, list[Option]]] = []
        if self.entry is None:
            self.input = Input.TEXT
            return
        set_choices(self.fields["op"], list(self.entry.ops.items()))
        self.input = self.entry.input_of(data.get(f"{prefix}-op", ""))
        self.options = self.entry.grouped(data.getlist(f"{prefix}-value")) if self.input is Input.MANY else []
        self.fields["value"] = value_field(self.input, self.options)

    @property
    def is_picker(self) -> bool:
        return self.input is Input.MANY

    @property
    def chosen(self) -> list[str]:
        """The labels of what is ticked."""
        return [option.label for _heading, options in self.options for option in options if option.checked]

    def leaf(self) -> Tree:
        """`{"field", "op", "value"}`, in a `not` where asked for."""
        given = self.cleaned_data
        assert self.entry is not None
        value = given["value"]
        if self.input is Input.MANY:
            value = [self.entry.typed(item) for item in value]
        elif self.input is Input.MOMENT:
            value = value.isoformat()
        elif self.input is Input.YES_NO:
            value = value == "true"
        leaf = {"field": given["field"], "op": given["op"], "value": value}
        return {"not": leaf} if given["negate"] else leaf


def set_choices(bound: forms.Field, choices: list[Any]) -> None:
    assert isinstance(bound, forms.ChoiceField)
    bound.choices = choices


def value_field(kind: Input, options: list[tuple[str, list[Option]]]) -> forms.Field:
    if kind is Input.MANY:
        choices = [(option.value, option.label) for _heading, group in options for option in group]
        return forms.MultipleChoiceField(label=_("Value"), choices=choices)
    if kind is Input.DAYS:
        return forms.IntegerField(label=_("Days"), min_value=0, max_value=36500)
    if kind is Input.MOMENT:
        moment = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return forms.DateTimeField(label=_("Moment"), widget=moment)
    if kind is Input.YES_NO:
        return forms.ChoiceField(label=_("Value"), choices=[("true", _("yes")), ("false", _("no"))])
    return forms.CharField(label=_("Value"), max_length=100)


@dataclass
class Group:
    form: GroupForm
    rules: list[RuleForm]
    alone: bool = False

    @property
    def prefix(self) -> str:
        return str(self.form.prefix)

    @property
    def has_head(self) -> bool:
        """Whether it matters how the rules combine: not for the only group with at most one rule."""
        return not self.alone or len(self.rules) > 1 or bool(self.form["negate"].value())


@dataclass
class ConditionNode:
    """A condition in the editor. `paths` tells which rule stands at which path of the tree last built."""

    prefix: str
    form: JoinForm
    groups: list[Group]
    raw: str = ""
    paths: dict[str, RuleForm] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State, prefix: str, catalog: Catalog, *, judged: bool = False) -> ConditionNode:
        if not first(state, "raw") and not rows(state, "groups"):
            state = {**state, **empty()}
        data = flatten(_nested(prefix, state))
        posted = rows(state, "groups")
        groups = [
            Group(
                GroupForm(data, prefix=f"{prefix}-groups-{g}", judged=judged),
                [
                    RuleForm(data, prefix=f"{prefix}-groups-{g}-rules-{r}", catalog=catalog, judged=judged)
                    for r, rule in enumerate(rows(group, "rules"))
                    if not judged or first(rule, "field")
                ],
                alone=len(posted) == 1,
            )
            for g, group in enumerate(posted)
        ]
        join = JoinForm(data, prefix=prefix, judged=judged)
        return cls(prefix=prefix, form=join, groups=groups, raw=first(state, "raw"))

    def forms(self) -> list[Node]:
        if self.raw:
            return []
        return [self.form, *(form for group in self.groups for form in (group.form, *group.rules))]

    def is_valid(self) -> bool:
        return all(form.is_valid() for form in self.forms())

    def tree(self) -> Tree:
        """The tree of a valid node; an empty `all`, everybody, where no rule was given."""
        self.paths = {}
        if self.raw:
            return load(self.raw)
        groups = [group for group in self.groups if group.rules]
        if not groups:
            return {"all": []}
        if len(groups) == 1:
            return self._group(groups[0], "")
        join = self.form.cleaned_data["join"]
        return {join: [self._group(group, f"{join}[{n}].") for n, group in enumerate(groups)]}

    def _group(self, group: Group, path: str) -> Tree:
        given = group.form.cleaned_data
        path += "not." if given["negate"] else ""
        for number, rule in enumerate(group.rules):
            self.paths[f"{path}{given['mode']}[{number}]"] = rule
        tree = {given["mode"]: [rule.leaf() for rule in group.rules]}
        return {"not": tree} if given["negate"] else tree

    def blame(self, path: str, message: str) -> bool:
        """Put an error found at `path` of the tree at the rule that stands there."""
        hits = [known for known in self.paths if path.startswith(known)]
        if not hits:
            return False
        name = path.rpartition(".")[2]
        self.paths[max(hits, key=len)].blame(name if name in ("field", "op") else "value", message)
        return True


def load(raw: str) -> Tree:
    """The tree kept as JSON; broken text becomes a tree that the condition language refuses, never an exception."""
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        tree = None
    return tree if isinstance(tree, dict) else {"unreadable": True}


def state_of(tree: Tree | None) -> State:
    """What the builder shows for a tree: groups of rules, or the tree itself as `raw` where they cannot say it."""
    try:
        return _groups(tree or {"all": []})
    except _TooDeepError:
        return {"raw": json.dumps(tree, ensure_ascii=False, indent=2), "join": "all", "groups": []}


class _TooDeepError(Exception):
    """The builder's two levels cannot show this tree."""


def _groups(tree: Tree) -> State:
    try:
        return {"join": "all", "groups": [_group(tree)]}
    except _TooDeepError:
        join, children = _children(tree)
    loose = [child for child in children if _is_rule(child)]
    groups = [_group({join: loose})] if loose else []
    groups += [_group(child) for child in children if not _is_rule(child)]
    return {"join": join, "groups": groups}


def _group(tree: Tree) -> State:
    if _is_rule(tree):
        return {"negate": "", "mode": "all", "rules": [_rule(tree)]}
    negate = set(tree) == {"not"}
    mode, children = _children(tree["not"] if negate else tree)
    return {"negate": "on" if negate else "", "mode": mode, "rules": [_rule(child) for child in children]}


def _children(tree: Any) -> tuple[str, list[Any]]:
    if not isinstance(tree, dict) or len(tree) != 1:
        raise _TooDeepError
    [(join, children)] = tree.items()
    if join not in JOINS or not isinstance(children, list):
        raise _TooDeepError
    return join, children


def _is_rule(tree: Any) -> bool:
    inner = tree.get("not", tree) if isinstance(tree, dict) else None
    return isinstance(inner, dict) and "field" in inner


def _rule(tree: Any) -> State:
    if not _is_rule(tree):
        raise _TooDeepError
    leaf = tree.get("not", tree)
    return {
        "negate": "on" if "not" in tree else "",
        "field": str(leaf.get("field")),
        "op": str(leaf.get("op")),
        "value": _posted(leaf.get("value")),
    }


def _posted(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    if moment is None:
        return [str(value)]
    return [localtime(moment if moment.tzinfo else make_aware(moment)).strftime("%Y-%m-%dT%H:%M")]


def _nested(prefix: str, state: State) -> State:
    """`state` under its path, so that names come out whole."""
    *above, last = prefix.split("-")
    tree: State = {last: state}
    for part in reversed(above):
        tree = {part: tree}
    return tree


def empty() -> State:
    """A builder with one group and no rule yet: everybody."""
    return {"join": "all", "groups": [{"negate": "", "mode": "all", "rules": []}]}
