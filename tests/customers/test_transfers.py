"""Customers who are handed over at WeCom, from the API call through real callbacks to our rows."""

import pytest

from customers.models import Customer, EndedBy, Event, Follow
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff
from tests.acts import arrive
from wecom import clock, inbox
from wecom.client import client_for
from wecom.models import Corp

pytestmark = pytest.mark.usefixtures("live", "wang")
DAY = 86400


def hear(sandbox: Sandbox) -> None:
    """Everything that happened arrives and is handled."""
    clock.pull()
    sandbox.deliver_callbacks()
    while inbox.process():
        pass


@pytest.fixture
def customer(sandbox: Sandbox, corp: Corp, lin: Staff) -> Customer:
    external_userid = arrive(sandbox, "lin", "陈晓")
    hear(sandbox)
    return Customer.objects.get(external_userid=external_userid)


def followers(customer: Customer) -> list[str]:
    return sorted(customer.follows.filter(ended_at=None).values_list("staff__userid", flat=True))


def test_a_customer_who_is_handed_over_changes_his_follower(sandbox: Sandbox, corp: Corp, customer: Customer) -> None:
    client_for(corp).inheritance.transfer("lin", "wang", [customer.external_userid])
    hear(sandbox)
    assert followers(customer) == ["lin"]
    sandbox.advance(DAY)
    hear(sandbox)
    assert followers(customer) == ["wang"]
    old = Follow.objects.get(customer=customer, staff__userid="lin")
    assert old.ended_by == EndedBy.TRANSFER


def test_one_whom_the_takeover_knew_already_leaves_the_old_one_only(
    sandbox: Sandbox, corp: Corp, customer: Customer
) -> None:
    arrive(sandbox, "wang", external_userid=customer.external_userid)
    hear(sandbox)
    client_for(corp).inheritance.transfer("lin", "wang", [customer.external_userid])
    sandbox.advance(DAY)
    hear(sandbox)
    assert followers(customer) == ["wang"]


def test_one_who_refuses_stays_and_his_timeline_tells(sandbox: Sandbox, corp: Corp, customer: Customer) -> None:
    client_for(corp).inheritance.transfer("lin", "wang", [customer.external_userid])
    sandbox.corp("POST", f"customers/{customer.external_userid}/refuse_transfer")
    hear(sandbox)
    assert followers(customer) == ["lin"]
    told = Event.objects.get(customer=customer, kind="transfer_failed")
    assert (told.staff.userid, told.detail["reason"]) == ("wang", "customer_refused")
