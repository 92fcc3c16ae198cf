"""The fields that every installation has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customers import AddWay, CustomerKind, Gender
from customers.segments.fields import Choice, Field, Label, Op
from customers.segments.sql import Fragment, Scope
from customers.segments.values import (
    INTEGER,
    SMALLINT,
    Days,
    Flag,
    Ids,
    Integers,
    Moment,
    NumberedIds,
    Text,
    Userids,
    Words,
)
from wecom import clock
from wecom.models import Corp

if TYPE_CHECKING:
    from customers.segments.tree import Leaf

IS_ONE_OF = _("is one of")


def tag_keys(corp: Corp, ids: Collection[str]) -> Iterable[tuple[str, int]]:
    return corp.tags.live().filter(wecom_id__in=ids).values_list("wecom_id", "pk")


def staff_keys(corp: Corp, ids: Collection[str]) -> Iterable[tuple[str, int]]:
    return corp.staff.filter(userid__in=ids).values_list("userid", "pk")


def department_keys(corp: Corp, ids: Collection[int]) -> Iterable[tuple[int, int]]:
    return corp.departments.filter(wecom_id__in=ids).values_list("wecom_id", "wecom_id")


def stage_keys(corp: Corp, ids: Collection[str]) -> Iterable[tuple[str, int]]:
    return corp.stages.filter(key__in=ids).values_list("key", "pk")


class TagField(Field):
    """Tags on live follows, whoever put them there."""

    name = "tag"
    label = _("Tag")
    ids = Ids("tag", tag_keys)
    ops = {
        "has_any": Op(_("has any of"), ids),
        "has_all": Op(_("has all of"), ids),
        "has_none": Op(_("has none of"), ids),
    }

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        keys, gone = scope.known("tag", leaf.value)
        if leaf.op == "has_all":
            return Fragment(f"{scope.digest}.tag_ids @> %s::integer[]", (keys,)).and_unknown(gone)
        any_of = Fragment(f"{scope.digest}.tag_ids && %s::integer[]", (keys,)).or_unknown(gone)
        return ~any_of if leaf.op == "has_none" else any_of

    def choices(self, corp: Corp) -> Iterable[Choice]:
        tags = corp.tags.live().select_related("group").order_by("-group__order", "group_id", "-order", "pk")
        return (Choice(tag.wecom_id, tag.name, tag.group.name) for tag in tags)


class StaffField(Field):
    name = "staff"
    label = _("Staff")
    ops = {"in": Op(IS_ONE_OF, Userids("staff", staff_keys))}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        keys, gone = scope.known("staff", leaf.value)
        return Fragment(f"{scope.digest}.staff_ids && %s::integer[]", (keys,)).or_unknown(gone)

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(one.userid, one.name) for one in corp.staff.active())


class DepartmentField(Field):
    """Served by somebody of the department or of one below it."""

    name = "department"
    label = _("Department")
    ops = {"in": Op(IS_ONE_OF, NumberedIds("department", department_keys))}
    members = (
        "SELECT s.id::integer FROM staff_staff s WHERE s.corp_id = %s AND s.department_ids && ARRAY("
        "SELECT d.wecom_id FROM staff_department d WHERE d.corp_id = %s AND d.path && %s::bigint[])"
    )

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        keys, gone = scope.known("department", leaf.value)
        params = (scope.corp.pk, scope.corp.pk, keys)
        return Fragment(f"{scope.digest}.staff_ids && ARRAY({self.members})", params).or_unknown(gone)

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(one.wecom_id, one.name) for one in corp.departments.all())


class StageField(Field):
    name = "stage"
    label = _("Stage")
    ops = {"in": Op(IS_ONE_OF, Ids("stage", stage_keys))}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        keys, gone = scope.known("stage", leaf.value)
        stage = f"{scope.customer}.stage_id"
        return Fragment(f"({stage} IS NOT NULL AND {stage} = ANY(%s::bigint[]))", (keys,)).or_unknown(gone)

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(one.key, one.name) for one in corp.stages.all())


class AddWayField(Field):
    """How a live follow came about (contract §6.2); WeCom adds ways, so any number is accepted."""

    name = "add_way"
    label = _("Source")
    ops = {"in": Op(IS_ONE_OF, Integers("add_way", INTEGER))}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        return scope.live_follow("f.add_way = ANY(%s::integer[])", list(leaf.value))

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(value, label) for value, label in AddWay.choices)


class StateField(Field):
    """The contact way of a live follow, by its state. Channels made outside this app have states too."""

    name = "state"
    label = _("Contact way")
    ops = {"in": Op(IS_ONE_OF, Words("state"))}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        return scope.live_follow("f.state <> '' AND f.state = ANY(%s::text[])", list(leaf.value))

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(way.state, way.name) for way in corp.contact_ways.filter(deleted_at=None))


class AddedAtField(Field):
    """Start of the earliest live follow; a customer without one was not added at any time."""

    name = "added_at"
    label = _("Added")
    ops = {
        "before": Op(pgettext_lazy("date", "before"), Moment()),
        "after": Op(pgettext_lazy("date", "on or after"), Moment()),
        "within_days": Op(_("within the last days"), Days()),
        "not_within_days": Op(_("longer ago than days"), Days()),
    }

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        added, value = f"{scope.digest}.added_at", leaf.value
        if leaf.op in ("before", "after"):
            sign = "<" if leaf.op == "before" else ">="
            return Fragment(f"({added} IS NOT NULL AND {added} {sign} %s::timestamptz)", (value,))
        sign = ">=" if leaf.op == "within_days" else "<"
        test = f"({added} IS NOT NULL AND {added} {sign} now() + %s::interval - %s::interval)"
        return Fragment(test, (clock.offset(), timedelta(days=value)))


class ProfileField(Field):
    """A small number on the customer."""

    def __init__(self, name: str, label: Label, values: type[Gender] | type[CustomerKind]) -> None:
        self.name, self.label, self.values = name, label, values
        self.ops = {"in": Op(IS_ONE_OF, Integers(name, SMALLINT))}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        return Fragment(f"{scope.customer}.{self.name} = ANY(%s::smallint[])", (list(leaf.value),))

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(value, label) for value, label in self.values.choices)


class NameField(Field):
    """Nickname, or the remark of a live follow that the asker may read."""

    name = "name"
    label = _("Name")
    ops = {"contains": Op(_("contains"), Text())}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        pattern = containing(leaf.value)
        remark = scope.live_follow("f.remark ILIKE %s", pattern, readable=True)
        return Fragment(f"({scope.customer}.name ILIKE %s OR {remark.sql})", (pattern, *remark.params))


class LostField(Field):
    name = "lost"
    label = _("Lost")
    ops = {"is": Op(pgettext_lazy("condition", "is"), Flag())}

    def sql(self, leaf: Leaf, scope: Scope) -> Fragment:
        lost = Fragment(f"{scope.digest}.lost")
        return lost if leaf.value else ~lost

    def choices(self, corp: Corp) -> Iterable[Choice]:
        return (Choice(True, _("lost")), Choice(False, _("friends")))


def containing(text: str) -> str:
    """The LIKE pattern that finds exactly `text`, its own wildcards taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


CATALOGUE: list[Field] = [
    TagField(),
    StaffField(),
    DepartmentField(),
    StageField(),
    AddWayField(),
    StateField(),
    AddedAtField(),
    ProfileField("gender", _("Gender"), Gender),
    ProfileField("type", _("Type"), CustomerKind),
    NameField(),
    LostField(),
]
