"""Tags made, renamed and deleted here: at WeCom first, then in our rows (its API makes no callbacks).

WeCom lets an app change only tags that it made. That is checked before the call, so that people get a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from staff.errors import WrongState, refused
from staff.models import AuditEntry, User
from tags import sync
from tags.models import Tag, TagGroup
from wecom import payloads
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.models import Corp

GONE_ALREADY = 40068


def create_group(corp: Corp, name: str, tags: Sequence[str], *, user: User | None = None) -> TagGroup:
    """A group with its first tags (WeCom has no empty groups). A name that exists gets the tags appended.

    Raises WrongState with WeCom's reason: a name twice, longer than 30 characters, the corp's cap.
    """
    made = _made(corp, group_name=name, tags=tags)
    group: TagGroup = TagGroup.objects.of(corp).get(wecom_id=made.group_id)
    AuditEntry.write(user, "tags.group_created", group, tags=list(tags))
    return group


def add(group: TagGroup, names: Sequence[str], *, user: User | None = None) -> list[Tag]:
    """New tags in a group, also in one that an admin made in WeCom's console."""
    made = _made(group.corp, group_id=group.wecom_id, tags=names)
    tags = list(Tag.objects.of(group.corp).filter(wecom_id__in=[tag.id for tag in made.tag]))
    AuditEntry.write(user, "tags.added", group, tags=list(names))
    return tags


def rename(item: Tag | TagGroup, name: str, *, user: User | None = None) -> None:
    """A new name for a tag or a group of ours."""
    _refuse_unless_ours(item)
    old = item.name
    try:
        client_for(item.corp).tags.edit(item.wecom_id, name=name)
    except WeComError as error:
        raise refused(error)
    item.name = name
    with transaction.atomic():
        item.save(update_fields=["name"])
        AuditEntry.write(user, "tags.renamed", item, old=old)


def delete(item: Tag | TagGroup, *, user: User | None = None) -> None:
    """Delete a tag, or a group with its tags. The rows stay, marked; customers lose the tag with the next sweep."""
    _refuse_unless_ours(item)
    client = client_for(item.corp)
    forget = sync.delete_groups if isinstance(item, TagGroup) else sync.delete_tags
    try:
        if isinstance(item, TagGroup):
            client.tags.delete(group_ids=[item.wecom_id])
        else:
            client.tags.delete(tag_ids=[item.wecom_id])
    except WeComError as error:
        if error.errcode != GONE_ALREADY:
            raise refused(error)
    with transaction.atomic():
        forget(item.corp, [item.wecom_id])
        AuditEntry.write(user, "tags.deleted", item)


def _made(
    corp: Corp, *, tags: Sequence[str], group_id: str | None = None, group_name: str | None = None
) -> payloads.TagGroup:
    client = client_for(corp)
    try:
        made = client.tags.add(group_id=group_id, group_name=group_name, tags=tags)
    except WeComError as error:
        found = _made_after_all(corp, client, error, tags, group_id or group_name)
        if found is None:
            raise refused(error)
        made = found
    sync.merge(corp, [made], ours=True)
    return made


def _made_after_all(
    corp: Corp, client: WeComClient, error: WeComError, names: Sequence[str], group: str | None
) -> payloads.TagGroup | None:
    """When no answer came: the group with the new tags, if WeCom has them and we never heard of them before."""
    if not error.fate_unknown:
        return None
    for told in client.tags.list():
        new = [tag for tag in told.tag if tag.name in names]
        heard_of = Tag.objects.of(corp).filter(wecom_id__in=[tag.id for tag in new]).exists()
        if group in (told.group_id, told.group_name) and len(new) == len(set(names)) and not heard_of:
            return replace(told, tag=tuple(new))
    return None


def _refuse_unless_ours(item: Tag | TagGroup) -> None:
    if item.deleted_at is not None:
        raise WrongState(_("“%(name)s” was deleted.") % {"name": item.name})
    if not item.ours:
        raise WrongState(
            _("“%(name)s” was made in WeCom's console: only an admin of WeCom can change it there.")
            % {"name": item.name}
        )
