"""The outbox: what was handed to WeCom, and deciding what WeCom's silence left open."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Batch, BatchStatus, DeliveryStatus
from customers.models import Customer
from staff.models import AuditEntry, Staff, User
from tests import cast
from tests.campaigns import rows
from wecom import clock


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


def make_batch(customer: Customer, status: str, **fields: object) -> Batch:
    campaign = rows.make_campaign(customer.corp, "<b>新友</b>")
    step = rows.steps_of(campaign)[0]
    staff = customer.follows.get().staff
    values = {"size": 1, "called_at": clock.now(), "request": {"text": "<script>"}, "fingerprint": f"f{campaign.pk}"}
    batch = Batch.objects.create(corp=customer.corp, step=step, staff=staff, status=status, **{**values, **fields})
    delivery = DeliveryStatus.UNSURE if status == BatchStatus.UNSURE else DeliveryStatus.HANDED
    rows.make_delivery(rows.make_enrollment(campaign, customer), step, delivery, batch=batch)
    return batch


@pytest.fixture
def unsure(zhang: Customer) -> Batch:
    return make_batch(zhang, BatchStatus.UNSURE, undecided_at=clock.now(), candidates=["msg-a", "msg-b"], lookups=2)


def test_lists_and_filters(desk: Client, unsure: Batch, li: Customer) -> None:
    handed = make_batch(li, BatchStatus.HANDED, msgid="msg-1")

    def found(**query: str) -> set[int]:
        return {batch.pk for batch in desk.get(reverse("system_outbox"), query).context["page"].rows}

    assert found() == {unsure.pk, handed.pk}
    assert found(status="unsure") == {unsure.pk}
    assert found(q="msg-1") == found(q="王") == {handed.pk}
    assert found(q="没有") == set()


def test_an_undecided_send_is_a_trouble_and_offers_the_candidates(desk: Client, unsure: Batch) -> None:
    assert "1 send waits for your decision" in desk.get("/").content.decode()
    html = desk.get(reverse("system_outbox_batch", args=[unsure.pk])).content.decode()
    assert "<option>msg-a</option>" in html
    assert "&lt;b&gt;新友" in html
    assert '"&lt;script&gt;' in html or "&quot;&lt;script&gt;" in html


def test_wecom_has_it_is_recorded_once(desk: Client, unsure: Batch) -> None:
    address = reverse("system_outbox_sent", args=[unsure.pk])
    assert desk.post(address, {"msgid": "msg-b"}).status_code == 302
    unsure.refresh_from_db()
    assert (unsure.status, unsure.msgid) == (BatchStatus.HANDED, "msg-b")
    assert unsure.deliveries.get().status == DeliveryStatus.HANDED
    assert desk.post(address, {"msgid": "msg-b"}).status_code == 409
    assert AuditEntry.objects.filter(action="outbox.declared_sent").count() == 1


def test_without_a_msgid_nothing_is_decided(desk: Client, unsure: Batch) -> None:
    answer = desk.post(reverse("system_outbox_sent", args=[unsure.pk]), {"msgid": "\0"})
    assert answer.status_code == 400
    assert "field-error" in answer.content.decode()
    unsure.refresh_from_db()
    assert unsure.status == BatchStatus.UNSURE


def test_wecom_does_not_have_it_sends_it_again(desk: Client, unsure: Batch) -> None:
    address = reverse("system_outbox_absent", args=[unsure.pk])
    assert "Send it again?" in desk.get(reverse("system_outbox_batch", args=[unsure.pk])).content.decode()
    assert desk.post(address).status_code == 302
    unsure.refresh_from_db()
    assert unsure.status == BatchStatus.READY
    assert desk.post(address).status_code == 409


@pytest.mark.parametrize("name", ["system_outbox_sent", "system_outbox_absent"])
def test_only_the_corp_s_admin_decides(
    signed_in, desk: Client, operator: User, lin_user: User, unsure: Batch, name: str
) -> None:
    foreign_staff: Staff = cast.make_staff(cast.make_corp(), "stranger")
    foreign = make_batch(cast.make_customer(foreign_staff), BatchStatus.UNSURE)
    assert desk.post(reverse(name, args=[foreign.pk]), {"msgid": "x"}).status_code == 404
    for user in (operator, lin_user):
        assert signed_in(user).post(reverse(name, args=[unsure.pk]), {"msgid": "x"}).status_code == 403
    assert desk.get(reverse(name, args=[unsure.pk])).status_code == 405
    assert Batch.objects.filter(status=BatchStatus.UNSURE).count() == 2
