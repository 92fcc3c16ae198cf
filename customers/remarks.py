"""What a member of staff noted about a customer: written to WeCom first, then to our row."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import timeline
from customers.convergence import refused_for
from customers.models import Customer, Follow
from customers.tagging import READABLE
from staff import locks
from staff.errors import WrongState
from staff.models import AuditEntry, User
from wecom.client import WeComClient, client_for
from wecom.errors import WeComError
from wecom.text import clean


def write(follow: Follow, remark: str, description: str, user: User | None = None) -> None:
    """Change remark (≤ 20 characters) and description (≤ 150). Raises WrongState: not friends, WeCom's refusal."""
    if follow.status not in READABLE:
        raise WrongState(_("Remarks need a friendship, and this one has ended or is not confirmed yet."))
    texts = {"remark": clean(remark), "description": clean(description)}
    changed = {name: text for name, text in texts.items() if getattr(follow, name) != text}
    if not changed:
        return
    with locks.held("remark", follow.pk):
        try:
            _call(follow, client_for(follow.corp), changed)
        except WeComError as error:
            raise refused_for(follow, error)
        _record(follow, changed, user)


def _call(follow: Follow, client: WeComClient, changed: dict[str, str]) -> None:
    """Writing the same twice changes nothing, so that a call whose fate is unknown is made again."""
    userid, external_userid = follow.staff.userid, follow.customer.external_userid
    try:
        client.customers.remark(userid, external_userid, **changed)
    except WeComError as error:
        if not error.fate_unknown:
            raise
        client.customers.remark(userid, external_userid, **changed)


@transaction.atomic
def _record(follow: Follow, changed: dict[str, str], user: User | None) -> None:
    Customer.objects.select_for_update().get(pk=follow.customer_id)
    Customer.objects.filter(pk=follow.customer_id).update(synced_at=timezone.now())
    for name, text in changed.items():
        setattr(follow, name, text)
    follow.save(update_fields=list(changed))
    detail = {**changed, "by": str(user) if user else ""}
    timeline.record(customer_id=follow.customer_id, kind="remarked", staff_id=follow.staff_id, detail=detail)
    if user:
        AuditEntry.write(user, "customer.remarked", follow.customer, **changed)
