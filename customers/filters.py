"""The customer list's filters: a query string in, a queryset out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import ContactWay, Customer, Follow, FollowStatus, Stage
from staff.fields import CleanCharField
from staff.models import Staff, User
from tags.fields import TagsField
from wecom.models import Corp

TAG_MODES = {"any": _("any of them"), "all": _("all of them"), "none": _("none of them")}
STATES = {"": _("Friends and lost"), "no": _("Friends only"), "yes": _("Lost only"), "half": _("Half-added only")}


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class CustomerFilter(forms.Form):
    """Everything about a follow (staff, contact way, when it began or ended) is asked of one and the same follow."""

    q = CleanCharField(label=_("Name or remark"), max_length=60)
    staff = forms.ModelMultipleChoiceField(Staff.objects.none(), label=_("Staff"), to_field_name="userid")
    tag = TagsField(to_field_name="wecom_id")
    tags = forms.ChoiceField(label=_("The customer has"), choices=list(TAG_MODES.items()))
    stage = forms.ModelMultipleChoiceField(Stage.objects.none(), label=_("Stage"), to_field_name="key")
    state = CleanCharField(label=_("Contact way"), max_length=64)
    lost = forms.ChoiceField(label=_("State"), choices=list(STATES.items()))
    added_from = forms.DateField(label=_("Added from"), widget=DateInput())
    added_to = forms.DateField(label=_("Added to"), widget=DateInput())
    lost_from = forms.DateField(label=_("Lost from"), widget=DateInput())
    lost_to = forms.DateField(label=_("Lost to"), widget=DateInput())

    def __init__(self, data: Any, *, user: User, corp: Corp) -> None:
        super().__init__(data)
        self.user, self.corp = user, corp
        for field in self.fields.values():
            field.required = False
        self.fields["staff"].queryset = Staff.objects.of(corp).visible_to(user).filter(serves_customers=True)
        self.fields["tag"].of(corp)
        self.fields["stage"].queryset = Stage.objects.of(corp)
        self.ways = ContactWay.objects.of(corp).live()

    def apply(self, rows: QuerySet[Customer]) -> QuerySet[Customer]:
        """The customers among `rows` that pass; the form is valid."""
        follows = self.follows()
        if follows is not None:
            rows = rows.filter(Exists(follows.filter(customer=OuterRef("pk"))))
        return rows.matching(self.condition(), self.corp, self.user)

    def condition(self) -> dict[str, Any]:
        """What the customer is, in the condition language."""
        given = self.cleaned_data
        leaves = [
            ("name", "contains", given["q"]),
            ("tag", f"has_{given['tags'] or 'any'}", [tag.wecom_id for tag in given["tag"]]),
            ("stage", "in", [stage.key for stage in given["stage"]]),
        ]
        tests: list[dict[str, Any]] = [{"field": f, "op": op, "value": value} for f, op, value in leaves if value]
        if given["lost"] in ("no", "yes"):
            tests.append({"field": "lost", "op": "is", "value": given["lost"] == "yes"})
        return {"all": tests}

    def follows(self) -> QuerySet[Follow] | None:
        """The follows asked for: whose, from where, begun or ended when. None where nothing is asked of them."""
        given = self.cleaned_data
        rows = Follow.objects.visible_to(self.user)
        if not given["state"]:  # whoever came by a contact way came, even where staff deleted them since
            rows = rows.exclude(status=FollowStatus.DROPPED)
        asked: dict[str, Any] = {"staff__in": [member.pk for member in given["staff"]], "state": given["state"]}
        if given["lost"] == "half":
            asked["status"] = FollowStatus.HALF
        asked = {lookup: value for lookup, value in asked.items() if value}
        if given["added_from"] or given["added_to"]:
            rows = rows.added_between(start_of(given["added_from"]), end_of(given["added_to"]))
        if given["lost_from"] or given["lost_to"]:
            rows = rows.lost_between(start_of(given["lost_from"]), end_of(given["lost_to"]))
        elif not (asked or given["added_from"] or given["added_to"]):
            return None
        return rows.filter(**asked)

    def dates(self) -> list[forms.BoundField]:
        return [self[name] for name in ("added_from", "added_to", "lost_from", "lost_to")]

    @property
    def in_use(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields if name != "tags")


def start_of(day: date | None) -> datetime | None:
    """Midnight at the beginning of a local day."""
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def end_of(day: date | None) -> datetime | None:
    """Midnight at the end of a local day."""
    return start_of(day + timedelta(days=1)) if day and day < date.max else None
