"""What a sync found different between WeCom and us: how often, with examples that lead to what they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from groups.models import GroupChat
from staff.models import Department, Staff, User
from tags.models import Tag
from wecom.models import SyncRun
from wecom.models.sync_run import Example

# sort of difference → title, and on which side the truth lay
SORTS: dict[str, tuple[Promise, Promise]] = {
    "added": (_("Added"), _("WeCom had them, we did not. Now we do.")),
    "changed": (_("Changed"), _("Both had them, but not alike. Now ours say what WeCom says.")),
    "gone": (_("Gone"), _("We had them, WeCom does not any more. They are marked here, with their history.")),
    "lost_listed": (
        _("Lost here, still listed by WeCom"),
        _("These customers deleted the staff. WeCom goes on listing them; they stay lost until they come back."),
    ),
    "unlicensed": (
        _("Members without a licence"),
        _("WeCom keeps their customers back: these members lack the licence for its interfaces (接口调用许可)."),
    ),
}

FIELDS: dict[str, Promise] = {
    "status": _("friends again"),
    "remark": _("remark"),
    "description": _("description"),
    "company": _("company"),
    "mobiles": _("mobiles"),
    "source": _("source"),
    "tags": _("tags"),
    "profile": _("profile"),
}


class Line(NamedTuple):
    """One example. `name` comes from outside; without `href` there is nothing left to look at."""

    name: str
    href: str = ""
    staff: str = ""
    fields: tuple[str | Promise, ...] = ()


@dataclass(frozen=True)
class Sort:
    """`number` counts all of them, `lines` are examples."""

    key: str
    title: str | Promise
    meaning: str | Promise
    number: int
    lines: list[Line]

    @property
    def further(self) -> int:
        return max(0, self.number - len(self.lines))


Lines = Callable[[SyncRun, User, list[Example]], Iterator[Line]]


def drift(run: SyncRun, user: User) -> list[Sort]:
    """The sorts of difference that a run has found, with examples that the user may see."""
    found = []
    for key, (title, meaning) in SORTS.items():
        if number := run.counts.get(key, 0):
            lines = LINES.get(run.kind, _by_id)(run, user, run.report.get(key, []))
            found.append(Sort(key, title, meaning, number, list(lines)))
    return found


def _customers(run: SyncRun, user: User, examples: list[Example]) -> Iterator[Line]:
    rows = Customer.objects.of(run.corp).visible_to(user).filter(external_userid__in=_ids(examples))
    customers = {row.external_userid: row for row in rows}
    staff = _staff_names(run, (example.get("staff", "") for example in examples))
    for example in examples:
        customer = customers.get(example["id"])
        yield Line(
            name=str(customer or example["id"]),
            href=reverse("customer", args=[customer.pk]) if customer else "",
            staff=staff.get(example.get("staff", ""), ""),
            fields=tuple(FIELDS.get(name, name) for name in example.get("fields", ())),
        )


def _staff(run: SyncRun, user: User, examples: list[Example]) -> Iterator[Line]:
    people = [example for example in examples if "what" not in example]
    departments = [example for example in examples if "what" in example]
    names = _staff_names(run, _ids(people))
    for userid in _ids(people):
        yield Line(names.get(userid, userid), f"{reverse('customers')}?staff={userid}" if userid in names else "")
    wanted = [int(wecom_id) for wecom_id in _ids(departments) if wecom_id.isdigit()]
    known = dict(Department.objects.of(run.corp).filter(wecom_id__in=wanted).values_list("wecom_id", "name"))
    yield from (Line(known.get(wecom_id, str(wecom_id))) for wecom_id in wanted)


def _tags(run: SyncRun, user: User, examples: list[Example]) -> Iterator[Line]:
    rows = Tag.objects.of(run.corp).filter(wecom_id__in=_ids(examples)).select_related("group")
    tags = {tag.wecom_id: tag for tag in rows}
    for wecom_id in _ids(examples):
        tag = tags.get(wecom_id)
        yield Line(f"{tag.group} / {tag}", reverse("tags")) if tag else Line(wecom_id)


def _groups(run: SyncRun, user: User, examples: list[Example]) -> Iterator[Line]:
    rows = GroupChat.objects.of(run.corp).visible_to(user).filter(chat_id__in=_ids(examples))
    chats = {chat.chat_id: chat for chat in rows.select_related("owner")}
    for chat_id in _ids(examples):
        chat = chats.get(chat_id)
        yield Line(str(chat), reverse("groups"), str(chat.owner or "")) if chat else Line(chat_id)


def _by_id(run: SyncRun, user: User, examples: list[Example]) -> Iterator[Line]:
    yield from (Line(wecom_id) for wecom_id in _ids(examples))


def _ids(examples: Iterable[dict[str, Any]]) -> list[str]:
    return [str(example["id"]) for example in examples]


def _staff_names(run: SyncRun, userids: Iterable[str]) -> dict[str, str]:
    return {staff.userid: str(staff) for staff in Staff.objects.of(run.corp).filter(userid__in=set(userids))}


LINES: dict[str, Lines] = {"customers": _customers, "staff": _staff, "tags": _tags, "groups": _groups}
