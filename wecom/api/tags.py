from collections.abc import Sequence
from typing import Any

from wecom.api.base import API, Answer, nothing
from wecom.outgoing import NewTag, check_chars, check_count, refuse
from wecom.parsing import rows_of
from wecom.payloads import TagGroup
from wecom.text import clean

NAME_CHARS = 30
TagGroups = list[TagGroup]  # named here because the class has a method `list`


class Tags(API):
    """Corp tags, and which of them sit on which follow. An app edits and deletes only tags that it made."""

    def list(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> TagGroups:
        """Tag groups with their tags: all, or those asked for by id (only then are deleted ones told). doc 92117"""

        def parse(answer: Answer) -> TagGroups:
            return rows_of(TagGroup, answer.get("tag_group"))

        body = _given(tag_id=[*tag_ids], group_id=[*group_ids])
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
        if not group_id and not group_name:
            raise refuse(endpoint, "group_name: a group is needed")
        check_count(endpoint, "tag", tags, 10_000)
        made = [tag if isinstance(tag, NewTag) else NewTag(tag) for tag in tags]
        check_chars(endpoint, group_name=(group_name, NAME_CHARS))
        for number, tag in enumerate(made):
            if not tag.name:
                raise refuse(endpoint, f"tag[{number}].name is empty")
            check_chars(endpoint, **{f"tag[{number}].name": (tag.name, NAME_CHARS)})
        rows = [_given(name=clean(tag.name), order=tag.order) for tag in made]
        body = _given(group_id=group_id, group_name=clean(group_name or ""), order=order, tag=rows)

        def parse(answer: Answer) -> TagGroup:
            return TagGroup.from_wecom(answer.get("tag_group"))

        return self._write(endpoint, body, parse, "tag_group")

    def edit(self, id: str, name: str | None = None, order: int | None = None) -> None:  # noqa: A002
        """Rename or reorder a tag or a group. doc 92117"""
        endpoint = "externalcontact/edit_corp_tag"
        check_chars(endpoint, name=(name, NAME_CHARS))
        self._write(endpoint, _given(id=id, name=clean(name or ""), order=order), nothing)

    def delete(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """Delete tags, or whole groups. A group goes with its last tag. doc 92117"""
        endpoint = "externalcontact/del_corp_tag"
        if not tag_ids and not group_ids:
            raise refuse(endpoint, "tag_id and group_id are both empty")
        self._write(endpoint, _given(tag_id=[*tag_ids], group_id=[*group_ids]), nothing)

    def mark(self, userid: str, external_userid: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Put tags on one follow and take others off. Calls for one follow must come one after another: 45035 is
        retried a few times. GONE (84061) when the customer is not this member's. doc 92118"""
        endpoint = "externalcontact/mark_tag"
        if not add and not remove:
            raise refuse(endpoint, "add_tag and remove_tag are both empty")
        changes = _given(add_tag=[*add], remove_tag=[*remove])
        self._write(endpoint, {"userid": userid, "external_userid": external_userid, **changes}, nothing)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}
