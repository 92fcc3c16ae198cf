from collections.abc import Sequence

from wecom.api.base import API, Answer, nothing
from wecom.api.tags import changed_tag, given, new_tags
from wecom.outgoing import NewTag, refuse
from wecom.parsing import rows_of
from wecom.payloads import StrategyTagGroup

TagGroups = list[StrategyTagGroup]  # named here because the class has a method `list`


class StrategyTags(API):
    """Tags of rule groups 规则组标签 (doc 94882): only the members whom the rule group covers may use them.

    Put them on a follow with `tags.mark`. They count among the corp's 10,000 tags.
    """

    def list(
        self, strategy_id: int | None = None, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
    ) -> TagGroups:
        """Tag groups of one rule group or of all, or those asked for by id; group_ids win over tag_ids."""

        def parse(answer: Answer) -> TagGroups:
            return rows_of(StrategyTagGroup, answer.get("tag_group"))

        body = given(strategy_id=strategy_id, tag_id=[*tag_ids], group_id=[*group_ids])
        return self._query("externalcontact/get_strategy_tag_list", parse, "tag_group", body)

    def add(
        self,
        strategy_id: int,
        *,
        group_id: str | None = None,
        group_name: str | None = None,
        tags: Sequence[str | NewTag],
        order: int | None = None,
    ) -> StrategyTagGroup:
        """Make tags in a group of a first-level rule group. Names ≤ 30 characters. QUOTA (40126) at 10,000 tags."""
        endpoint = "externalcontact/add_strategy_tag"
        body = {"strategy_id": strategy_id, **new_tags(endpoint, group_id, group_name, tags, order)}

        def parse(answer: Answer) -> StrategyTagGroup:
            return StrategyTagGroup.from_wecom(answer.get("tag_group"))

        return self._write(endpoint, body, parse, "tag_group")

    def edit(self, id: str, name: str | None = None, order: int | None = None) -> None:  # noqa: A002
        """Rename or reorder a tag or a group that this app made."""
        endpoint = "externalcontact/edit_strategy_tag"
        self._write(endpoint, changed_tag(endpoint, id, name, order), nothing)

    def delete(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """Delete tags, or whole groups, that this app made. A group goes with its last tag."""
        endpoint = "externalcontact/del_strategy_tag"
        if not tag_ids and not group_ids:
            raise refuse(endpoint, "tag_id and group_id are both empty")
        self._write(endpoint, given(tag_id=[*tag_ids], group_id=[*group_ids]), nothing)
