"""Tag groups and tags, from WeCom. What this app writes there makes no callbacks: ``tags.verbs`` records it itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from staff.patience import patiently
from staff.sync import Counts, counted, with_gone
from tags.models import Tag, TagGroup
from wecom import clock, payloads
from wecom.client import WeComClient
from wecom.models import Corp, SyncRun

KIND = "tags"
STRATEGY = "st"  # what ids of strategy tags begin with; those are managed elsewhere (doc 94882)

GROUPS = """
INSERT INTO tags_taggroup AS g (corp_id, wecom_id, name, "order")
SELECT %(corp)s, wecom_id, left(name, 30), "order"
FROM jsonb_to_recordset(%(rows)s) AS r(wecom_id text, name text, "order" bigint)
ORDER BY wecom_id
ON CONFLICT (corp_id, wecom_id) DO UPDATE SET name = excluded.name, "order" = excluded."order", deleted_at = NULL
WHERE (g.name, g."order", g.deleted_at) IS DISTINCT FROM (excluded.name, excluded."order", NULL)
"""

TAGS = """
INSERT INTO tags_tag AS t (corp_id, group_id, wecom_id, name, "order", ours)
SELECT %(corp)s, g.id, r.wecom_id, left(r.name, 30), r."order", %(ours)s
FROM jsonb_to_recordset(%(rows)s) AS r(group_wecom_id text, wecom_id text, name text, "order" bigint)
JOIN tags_taggroup g ON g.corp_id = %(corp)s AND g.wecom_id = r.group_wecom_id
ORDER BY r.wecom_id
ON CONFLICT (corp_id, wecom_id) DO UPDATE SET
    group_id = excluded.group_id, name = excluded.name, "order" = excluded."order", deleted_at = NULL,
    ours = t.ours OR excluded.ours
WHERE (t.group_id, t.name, t."order", t.deleted_at, t.ours)
    IS DISTINCT FROM (excluded.group_id, excluded.name, excluded."order", NULL, t.ours OR excluded.ours)
RETURNING t.wecom_id, t.xmax = 0
"""


def run(corp: Corp, run: SyncRun, client: WeComClient) -> None:
    """All tags. Those that WeCom no longer has are marked deleted; the rows stay, for history refers to them."""
    groups = patiently(run, client.tags.list)
    with transaction.atomic():
        counts = with_gone(merge(corp, groups), mark_missing(corp, groups))
        total = sum(len(group.tag) for group in groups)
        run.advance(phase="tags", total=total, done=total, **counts)


def fetch(corp: Corp, client: WeComClient, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
    """Bring the named tags or groups up to date; asked by id, WeCom tells of deleted ones, too."""
    groups = client.tags.list(tag_ids=tag_ids, group_ids=group_ids)
    with transaction.atomic():
        merge(corp, groups)
        _mark_deleted(corp, groups)
        found = {tag.id for group in groups for tag in group.tag}
        Tag.objects.of(corp).live().filter(wecom_id__in=set(tag_ids) - found).update(deleted_at=clock.now())


def fetch_unknown(corp: Corp, client: WeComClient, tag_ids: Collection[str]) -> None:
    """Fetch those of the ids that have no live row: a customer may carry a tag made since the last sync."""
    wanted = {tag_id for tag_id in tag_ids if not tag_id.startswith(STRATEGY)}
    known = Tag.objects.of(corp).live().filter(wecom_id__in=wanted).values_list("wecom_id", flat=True)
    missing = sorted(wanted.difference(known)) if wanted else []
    if missing:
        fetch(corp, client, tag_ids=missing)


def merge(corp: Corp, groups: Iterable[payloads.TagGroup], *, ours: bool = False) -> Counts:
    """Write groups and tags, leaving out what WeCom calls deleted. ``ours`` says that this app has made the tags."""
    live = list({group.group_id: group for group in groups if not group.deleted}.values())
    group_rows = [{"wecom_id": group.group_id, "name": group.group_name, "order": group.order} for group in live]
    tag_rows = {
        tag.id: {"group_wecom_id": group.group_id, "wecom_id": tag.id, "name": tag.name, "order": tag.order}
        for group in live
        for tag in group.tag
        if not tag.deleted
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GROUPS, {"corp": corp.pk, "rows": json.dumps(group_rows)})
        cursor.execute(TAGS, {"corp": corp.pk, "rows": json.dumps([*tag_rows.values()]), "ours": ours})
        return counted(cursor.fetchall(), len(tag_rows))


def mark_missing(corp: Corp, groups: Collection[payloads.TagGroup]) -> list[str]:
    """After a complete list: mark what it lacks as deleted. Returns the tags' ids."""
    present = {tag.id for group in groups for tag in group.tag}
    missing = Tag.objects.of(corp).live().exclude(wecom_id__in=present)
    gone = list(missing.values_list("wecom_id", flat=True))
    missing.filter(wecom_id__in=gone).update(deleted_at=clock.now())
    present_groups = {group.group_id for group in groups}
    TagGroup.objects.of(corp).live().exclude(wecom_id__in=present_groups).update(deleted_at=clock.now())
    return gone


def delete_tags(corp: Corp, wecom_ids: Collection[str]) -> None:
    """Mark tags as deleted; a group goes with its last tag, as at WeCom."""
    with transaction.atomic():
        Tag.objects.of(corp).live().filter(wecom_id__in=wecom_ids).update(deleted_at=clock.now())
        touched = Tag.objects.of(corp).filter(wecom_id__in=wecom_ids).values("group")
        left = Tag.objects.live().filter(group=OuterRef("pk"))
        TagGroup.objects.of(corp).live().filter(~Exists(left), pk__in=touched).update(deleted_at=clock.now())


def delete_groups(corp: Corp, wecom_ids: Collection[str]) -> None:
    """Mark groups and all their tags as deleted: WeCom tells no event per tag."""
    now = clock.now()
    with transaction.atomic():
        Tag.objects.of(corp).live().filter(group__wecom_id__in=wecom_ids).update(deleted_at=now)
        TagGroup.objects.of(corp).live().filter(wecom_id__in=wecom_ids).update(deleted_at=now)


def _mark_deleted(corp: Corp, groups: Iterable[payloads.TagGroup]) -> None:
    deleted_groups = [group.group_id for group in groups if group.deleted]
    deleted_tags = [tag.id for group in groups for tag in group.tag if tag.deleted]
    if deleted_tags:
        delete_tags(corp, deleted_tags)
    if deleted_groups:
        delete_groups(corp, deleted_groups)
