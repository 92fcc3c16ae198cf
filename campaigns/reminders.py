"""Reminding one staff member of everything in a campaign that they have not confirmed."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.models import Batch, BatchStatus, Campaign
from staff.errors import WrongState
from staff.models import Staff, User


def waiting(campaign: Campaign) -> QuerySet[Batch]:
    """The sends of a campaign that WeCom has and staff have not confirmed."""
    return Batch.objects.filter(
        step__version__campaign=campaign, status=BatchStatus.HANDED, confirmed_at=None, withdraw_at=None
    )


def remind(campaign: Campaign, staff: Staff, user: User) -> int:
    """Have WeCom remind them of each send. Returns of how many; raises WrongState if it is none."""
    reminded, refusal = 0, None
    for batch in waiting(campaign).filter(staff=staff).select_related("corp").order_by("pk"):
        try:
            batch.remind(user)
            reminded += 1
        except WrongState as error:
            refusal = error
    if not reminded:
        raise refusal or WrongState(_("%(name)s has confirmed everything.") % {"name": staff})
    return reminded
