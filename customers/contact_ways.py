"""Contact ways (渠道活码): made, changed and deleted at WeCom and here, and the tags they owe to those who came."""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import segno
from django.db import transaction
from django.utils.translation import gettext as _

from content import attachments, uses
from content.attachments import ContentError
from content.models import Holder
from customers import tagging
from customers.models import ContactWay, Follow
from staff.errors import WrongState, refused
from staff.models import AuditEntry, Staff, User
from tags.models import Tag
from wecom import clock, payloads
from wecom.client import WeComClient, client_for
from wecom.contact_specs import ContactWaySpec
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp
from wecom.payloads import NewContactWay
from wecom.text import clean

logger = logging.getLogger(__name__)

GONE_ALREADY = 41044
NAME_CHARS, MOST_STAFF = 30, 100  # doc 92228
LOOK_BACK = timedelta(minutes=10)
AT_ONCE = 100  # follows settled between two looks at the table


@dataclass(frozen=True)
class Plan:
    """A contact way as it shall be. ``welcome``: content items as ``content.attachments`` reads them, or nothing."""

    name: str
    staff: Sequence[Staff]
    tags: Sequence[Tag] = ()
    welcome: Sequence[dict[str, Any]] = ()
    skip_verify: bool = True

    def check(self, corp: Corp) -> None:
        """Raises WrongState: a name or number of staff that WeCom does not take, a tag that is gone, and so on."""
        if not 0 < len(self.name) <= NAME_CHARS or clean(self.name) != self.name:
            raise WrongState(_("A contact way needs a name of at most 30 characters."))
        if not 0 < len(self.staff) <= MOST_STAFF:
            raise WrongState(_("Choose between 1 and 100 members of staff whom customers shall add."))
        for member in self.staff:
            if member.corp_id != corp.pk or not (member.active and member.serves_customers):
                raise WrongState(_("%(name)s cannot be added by customers.") % {"name": member})
        for tag in self.tags:
            if tag.corp_id != corp.pk or tag.deleted_at is not None:
                raise WrongState(_("The tag “%(name)s” is gone.") % {"name": tag.name})
        if self.welcome:
            try:
                attachments.parse(list(self.welcome), corp).check_variables(personal=True)
            except ContentError as error:
                raise WrongState(str(error))

    def spec(self, state: str) -> ContactWaySpec:
        userids = [member.userid for member in self.staff]
        return ContactWaySpec(user=userids, remark=self.name, state=state, skip_verify=self.skip_verify)


def create(
    corp: Corp,
    *,
    name: str,
    staff: Sequence[Staff],
    tags: Sequence[Tag] = (),
    welcome: Sequence[dict[str, Any]] = (),
    skip_verify: bool = True,
    user: User | None = None,
) -> ContactWay:
    """A new contact way with a state of its own. Raises WrongState: input that cannot be, or WeCom's refusal.

    The row stands first, so that an arrival in the same second finds its channel; a refusal takes it away again.
    """
    plan = Plan(name, staff, tags, welcome, skip_verify)
    plan.check(corp)
    with transaction.atomic():
        way = ContactWay(corp=corp, state=f"w{secrets.token_hex(9)}", created_by=user)
        _fill(way, plan)
    try:
        made = _add(client_for(corp), plan.spec(way.state))
    except WeComError as error:
        way.delete()
        raise refused(error)
    way.config_id, way.qr_code = made.config_id, made.qr_code
    way.save(update_fields=["config_id", "qr_code"])
    AuditEntry.write(user, "contact_way.created", way)
    return way


def update(way: ContactWay, plan: Plan, *, user: User | None = None) -> None:
    """Change a contact way; its QR code and its state stay. Raises WrongState as ``create`` does."""
    _refuse_deleted(way)
    plan.check(way.corp)
    try:
        client_for(way.corp).contact_ways.update(way.config_id, plan.spec(way.state))
    except WeComError as error:
        raise refused(error)
    with transaction.atomic():
        _fill(way, plan)
        AuditEntry.write(user, "contact_way.changed", way)


def delete(way: ContactWay, *, user: User | None = None) -> None:
    """Make the QR code invalid. The row stays: customers who came by it keep their source."""
    _refuse_deleted(way)
    try:
        client_for(way.corp).contact_ways.delete(way.config_id)
    except WeComError as error:
        if error.errcode != GONE_ALREADY:
            raise refused(error)
    with transaction.atomic():
        way.deleted_at = clock.now()
        way.save(update_fields=["deleted_at"])
        uses.replace(way.corp, Holder.CONTACT_WAY, way.pk, [])
        AuditEntry.write(user, "contact_way.deleted", way)


def qr_png(way: ContactWay) -> bytes:
    """The QR code as a PNG that prints well (about 10 pixels a module)."""
    return _qr(way, "png", scale=10)


def qr_svg(way: ContactWay) -> bytes:
    return _qr(way, "svg", scale=8)


def settle(corp: Corp) -> int:
    """Write to WeCom the tags that contact ways still owe, whoever failed to do so before; returns how many follows.

    Follows that WeCom refuses for good are let off; after "not now" the rest waits for the next sweep.
    """
    client, settled, after = client_for(corp), 0, 0
    owing = Follow.objects.of(corp).live().filter(owes_channel_tags=True).select_related("staff", "customer")
    while follows := list(owing.filter(pk__gt=after).order_by("pk")[:AT_ONCE]):
        for follow in follows:
            try:
                settle_follow(follow, client)
            except WeComError as error:
                logger.warning("tags of the contact way of follow %s: %s", follow.pk, error)
                if error.kind not in (ErrorKind.GONE, ErrorKind.PERMANENT, ErrorKind.QUOTA):
                    return settled
                Follow.objects.filter(pk=follow.pk).update(owes_channel_tags=False)
            settled += 1
        after = follows[-1].pk
    return settled


def settle_follow(follow: Follow, client: WeComClient) -> None:
    """The tags of the contact way by which one customer came. Raises WeComError; then they are still owed."""
    ways = ContactWay.objects.filter(corp=follow.corp_id, state=follow.state, deleted_at__isnull=True)
    tags = Tag.objects.live().filter(contact_ways__in=ways).exclude(follow_tags__follow=follow).distinct()
    tagging.write(follow, client, add=list(tags), settles_channel=True)


def _add(client: WeComClient, spec: ContactWaySpec) -> NewContactWay | payloads.ContactWay:
    """Make it; when no answer comes, look whether WeCom has it: nobody else's has that state."""
    asked_at = clock.now()
    try:
        return client.contact_ways.add(spec)
    except WeComError as error:
        if not error.fate_unknown:
            raise
        known = set(ContactWay.objects.of(client.corp).exclude(config_id="").values_list("config_id", flat=True))
        for config_id in client.contact_ways.list(start=asked_at - LOOK_BACK):
            if config_id not in known and (found := client.contact_ways.get(config_id)).state == spec.state:
                return found
        raise


def _fill(way: ContactWay, plan: Plan) -> None:
    way.name, way.welcome, way.skip_verify = plan.name, list(plan.welcome), plan.skip_verify
    way.save()
    way.staff.set(plan.staff)
    way.tags.set(plan.tags)
    uses.replace(way.corp, Holder.CONTACT_WAY, way.pk, plan.welcome)


def _refuse_deleted(way: ContactWay) -> None:
    if way.deleted_at is not None:
        raise WrongState(_("“%(name)s” was deleted.") % {"name": way.name})


def _qr(way: ContactWay, kind: str, *, scale: int) -> bytes:
    if not way.qr_code:
        raise WrongState(_("“%(name)s” has no QR code yet.") % {"name": way.name})
    out = io.BytesIO()
    segno.make(way.qr_code, error="m", micro=False).save(out, kind=kind, scale=scale, border=4)
    return out.getvalue()
