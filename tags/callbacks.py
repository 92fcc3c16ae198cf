"""``change_external_tag``: somebody changed tags in WeCom's console (contract §4.3)."""

from __future__ import annotations

from tags import sync
from tags.models import Tag
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, InboxEvent


def changed(event: InboxEvent) -> None:
    """Fetch what the event names and converge. Order, loss and repetition of these events do not matter."""
    corp, client = event.corp, client_for(event.corp)
    ident, kind = event.payload.get("Id", ""), event.payload.get("TagType", "")
    if not ident:  # shuffle of the groups themselves
        groups = client.tags.list()
        sync.merge(corp, groups)
        sync.mark_missing(corp, groups)
        return
    is_group = kind == "tag_group" or event.change_type == "shuffle"
    if is_group:
        _converge_group(corp, client, ident)
    else:
        _converge_tag(corp, client, ident)


def _converge_group(corp: Corp, client: WeComClient, ident: str) -> None:
    """A group whose every tag is told, so that what it lacks is gone."""
    try:
        groups = client.tags.list(group_ids=[ident])
    except WeComError as error:
        if error.kind is not ErrorKind.GONE:
            raise
        groups = []
    told = next((group for group in groups if group.group_id == ident), None)
    if told is None or told.deleted:
        sync.delete_groups(corp, [ident])
        return
    sync.merge(corp, [told])
    live = {tag.id for tag in told.tag if not tag.deleted}
    gone = Tag.objects.of(corp).live().filter(group__wecom_id=ident).exclude(wecom_id__in=live)
    sync.delete_tags(corp, list(gone.values_list("wecom_id", flat=True)))


def _converge_tag(corp: Corp, client: WeComClient, ident: str) -> None:
    try:
        sync.fetch(corp, client, tag_ids=[ident])
    except WeComError as error:
        if error.kind is not ErrorKind.GONE:
            raise
        sync.delete_tags(corp, [ident])
