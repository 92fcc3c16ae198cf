from collections.abc import Sequence
from typing import Any

from wecom.api.base import API, Answer, nothing
from wecom.outgoing import NewTag, check_between, check_chars, check_count, refuse
from wecom.parsing import rows_of
from wecom.payloads import TagGroup
from wecom.text import clean

NAME_CHARS = 30
MOST_TAGS = 10_000
LARGEST_ORDER = (1 << 32) - 1
TagGroups = list[TagGroup]  # named here because the class has a method `list`


class Tags(API):
    """Corp tags, and which of them sit on which follow. An app edits and deletes only tags that it made."""

    def list(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> TagGroups:
        """Tag groups with their tags: all, or those asked for by id (only then are deleted ones told). doc 92117"""

        def parse(answer: Answer) -> TagGroups:
            return rows_of(TagGroup, answer.get("tag_group"))

        body = given(tag_id=[*tag_ids], group_id=[*group_ids])
        return self._query("externalcontact/get_corp_tag_list", parse, "tag_group", body)

    def add(
        self,
        *,
        group_id: str | None = None,
        group_name: str | None = None,
        tags: Sequence[str | NewTag],
        order: int | None = None,
    ) -> TagGroup:
        """Make tags in a group; a `group_name` that does not exist makes the group. Names ≤ 30 characters. doc 92117

        Returns the group with the new tags only. QUOTA (40126) at 10,000 tags, 40071 for a name that is there.
        """
        endpoint = "externalcontact/add_corp_tag"
        body = new_tags(endpoint, group_id, group_name, tags, order)

        def parse(answer: Answer) -> TagGroup:
            return TagGroup.from_wecom(answer.get("tag_group"))

        return self._write(endpoint, body, parse, "tag_group")

    def edit(self, id: str, name: str | None = None, order: int | None = None) -> None:  # noqa: A002
        """Rename or reorder a tag or a group. 40071 for a name that is there. doc 92117"""
        endpoint = "externalcontact/edit_corp_tag"
        self._write(endpoint, changed_tag(endpoint, id, name, order), nothing)

    def delete(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """Delete tags, or whole groups. A group goes with its last tag. doc 92117"""
        endpoint = "externalcontact/del_corp_tag"
        if not tag_ids and not group_ids:
            raise refuse(endpoint, "tag_id and group_id are both empty")
        self._write(endpoint, given(tag_id=[*tag_ids], group_id=[*group_ids]), nothing)

    def mark(self, userid: str, external_userid: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Put tags on one follow and take others off. Calls for one follow must come one after another: 45035 is
        retried a few times. GONE (84061) when the customer is not this member's. doc 92118"""
        endpoint = "externalcontact/mark_tag"
        if not add and not remove:
            raise refuse(endpoint, "add_tag and remove_tag are both empty")
        changes = given(add_tag=[*add], remove_tag=[*remove])
        self._write(endpoint, {"userid": userid, "external_userid": external_userid, **changes}, nothing)


def new_tags(
    endpoint: str, group_id: str | None, group_name: str | None, tags: Sequence[str | NewTag], order: int | None
) -> dict[str, Any]:
    """The body that makes tags in a group; with a `group_id`, WeCom ignores group_name and the group's order."""
    if not group_id and not group_name:
        raise refuse(endpoint, "group_name: a group is needed")
    check_count(endpoint, "tag", tags, MOST_TAGS)
    check_chars(endpoint, group_name=(group_name, NAME_CHARS))
    check_between(endpoint, "order", order, 0, LARGEST_ORDER)
    rows = [_new_tag(endpoint, f"tag[{number}]", tag) for number, tag in enumerate(tags)]
    return given(group_id=group_id, group_name=clean(group_name or ""), order=order, tag=rows)


def _new_tag(endpoint: str, place: str, tag: str | NewTag) -> dict[str, Any]:
    made = tag if isinstance(tag, NewTag) else NewTag(tag)
    if not made.name:
        raise refuse(endpoint, f"{place}.name is empty")
    check_chars(endpoint, **{f"{place}.name": (made.name, NAME_CHARS)})
    check_between(endpoint, f"{place}.order", made.order, 0, LARGEST_ORDER)
    return given(name=clean(made.name), order=made.order)


def changed_tag(endpoint: str, id: str, name: str | None, order: int | None) -> dict[str, Any]:  # noqa: A002
    """The body that renames or reorders a tag or a group."""
    if name is None and order is None:
        raise refuse(endpoint, "name and order: nothing to change")
    if name == "":
        raise refuse(endpoint, "name is empty")
    check_chars(endpoint, name=(name, NAME_CHARS))
    check_between(endpoint, "order", order, 0, LARGEST_ORDER)
    return given(id=id, name=clean(name or ""), order=order)


def given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
