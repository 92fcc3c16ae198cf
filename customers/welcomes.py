"""The welcome message: once per new friendship, within 20 s of the event (contract §10.3)."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from content import attachments
from content.attachments import Content, ContentError
from customers import timeline
from customers.models import ContactWay, Follow, Welcome, WelcomeStatus
from wecom import clock
from wecom.client import WeComClient
from wecom.errors import ErrorKind, WeComError
from wecom.models import InboxEvent

logger = logging.getLogger(__name__)

WINDOW = timedelta(seconds=20)
LATE_OR_USED, TAKEN = 41050, 41051


class Unsettled(Exception):
    """WeCom gave no clear answer and the code still lives: the event is to be handled once more, soon."""


def greet(event: InboxEvent, follow: Follow, client: WeComClient) -> Welcome | None:
    """Use the event's WelcomeCode, if it has one and its contact way has a welcome. Raises nothing of WeCom's.

    The row of the code says what came of it; one that is still pending may be tried again.
    """
    code = event.payload.get("WelcomeCode", "")
    way = _way_of(event) if code else None
    if way is None or not way.welcome:
        return None
    welcome, _new = Welcome.objects.get_or_create(
        corp=event.corp,
        code=code[:200],
        defaults={
            "customer_id": follow.customer_id,
            "staff_id": follow.staff_id,
            "contact_way": way,
            "expires_at": (event.created_at_wecom or event.received_at) + WINDOW,
        },
    )
    if welcome.status == WelcomeStatus.PENDING:
        _send(welcome, way, client)
    return welcome


def insist(welcome: Welcome | None) -> None:
    """Raises Unsettled while the welcome is pending, so that the inbox comes back to its event."""
    if welcome and welcome.status == WelcomeStatus.PENDING:
        raise Unsettled(welcome.reason)


def _way_of(event: InboxEvent) -> ContactWay | None:
    state = event.payload.get("State", "")
    return ContactWay.objects.of(event.corp).filter(state=state, deleted_at__isnull=True).first() if state else None


def _send(welcome: Welcome, way: ContactWay, client: WeComClient) -> None:
    called_before = bool(welcome.reason)  # then WeCom is asked once more even when late: 41051 says that it arrived
    if clock.now() > welcome.expires_at and not called_before:
        age = (clock.now() - welcome.expires_at + WINDOW).total_seconds()
        reason = _("Handled %(seconds)d s after the event; the code lives 20 s.") % {"seconds": age}
        _finish(welcome, WelcomeStatus.LATE, reason)
        return
    try:
        content = attachments.parse(way.welcome, welcome.corp)
        content = content.filled(_names(welcome, content, client))
        _call(welcome.code, content, client)
    except ContentError as error:
        _finish(welcome, WelcomeStatus.FAILED, str(error))
    except WeComError as error:
        _after_refusal(welcome, error)
    else:
        _finish(welcome, WelcomeStatus.SENT)


def _names(welcome: Welcome, content: Content, client: WeComClient) -> dict[str, str]:
    """What the variables stand for. The welcome comes first, so that the nickname may have to be asked for."""
    customer = welcome.customer
    name = customer.name
    if not name and content.speaks_of("customer_name"):
        try:
            name = client.customers.get(customer.external_userid).contact.name
        except WeComError as error:  # a half-added customer cannot be read
            logger.info("welcome %s without the customer's name: %s", welcome.pk, error)
    with translation.override(settings.STAFF_LANGUAGE):
        stranger = _("friend")
    return {"customer_name": name or stranger, "staff_name": str(welcome.staff), "corp_name": welcome.corp.name}


def _call(code: str, content: Content, client: WeComClient) -> None:
    """A code works once, so that a call whose fate is unknown may be made again."""
    try:
        client.welcome.send(code, *content.to_wecom(client))
    except WeComError as error:
        if error.kind is not ErrorKind.MEDIA:
            raise
        content.forget_media()
        client.welcome.send(code, *content.to_wecom(client))


def _after_refusal(welcome: Welcome, error: WeComError) -> None:
    called_before = bool(welcome.reason)
    if error.errcode == TAKEN and called_before:
        _finish(welcome, WelcomeStatus.SENT, _("The first call got no answer; WeCom says that it arrived."))
    elif error.errcode == TAKEN:
        _finish(welcome, WelcomeStatus.TAKEN, _("WeCom says that the customer has been welcomed or is chatting."))
    elif error.errcode == LATE_OR_USED:
        _finish(welcome, WelcomeStatus.LATE, _("WeCom says that the code is too old or has been used."))
    elif error.fate_unknown or error.kind in (ErrorKind.RETRY, ErrorKind.LIMIT, ErrorKind.TOKEN):
        welcome.reason = str(error)[:300]
        welcome.save(update_fields=["reason"])
    else:
        _finish(welcome, WelcomeStatus.FAILED, str(error))


def _finish(welcome: Welcome, status: WelcomeStatus, reason: str = "") -> None:
    welcome.status, welcome.reason, welcome.finished_at = status, reason[:300], clock.now()
    welcome.save(update_fields=["status", "reason", "finished_at"])
    timeline.record(
        customer_id=welcome.customer_id,
        kind="welcome",
        staff_id=welcome.staff_id,
        detail={"status": str(status), "reason": welcome.reason},
        key=f"welcome:{welcome.pk}",
    )
