"""Payments: polled, for no callback tells of them; windows, cursors, refunds, movements of the account."""

from datetime import UTC, datetime, timedelta

import pytest
from requests import HTTPError

from wecom import clock
from wecom.client import WeComClient, client_for
from wecom.errors import ErrorKind, WeComError
from wecom.payloads import Bill

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def wecom(corp, sandbox) -> WeComClient:
    return client_for(corp)


def pay(sandbox, fee: int = 100, **more):
    return sandbox.corp("POST", "payments", external_userid="wm1", payee_userid="lin", total_fee=fee, **more)


def bills(wecom, **more):
    now = clock.now()
    return list(wecom.payments.bills(now - HOUR, now + HOUR, **more))


def test_a_receipt_is_seen_with_everything_about_it(wecom, sandbox):
    paid = pay(
        sandbox,
        9900,
        payment_type=1,
        remark="定金",
        commodities=[{"description": "手机", "amount": 2}],
        contact={"name": "张三", "phone": "13800000001", "address": "深圳"},
    )
    (bill,) = bills(wecom)
    assert (bill.transaction_id, bill.total_fee, bill.payee_userid) == (paid["transaction_id"], 9900, "lin")
    assert (bill.bill_type, bill.trade_state, bill.payment_type, bill.remark) == (0, 1, 1, "定金")
    assert [(item.description, item.amount) for item in bill.commodity_list] == [("手机", 2)]
    assert (bill.contact.name, bill.contact.address) == ("张三", "深圳")
    assert bill.external_userid == "wm1"


def test_a_refund_is_a_row_of_its_own_and_changes_the_receipt(wecom, sandbox):
    paid = pay(sandbox, 300)
    path = f"payments/{paid['transaction_id']}/refund"
    refunded = sandbox.corp("POST", path, fee=100, comment="少一件")
    receipt, refund = bills(wecom)
    assert (receipt.bill_type, receipt.trade_state, receipt.total_refund_fee) == (0, 3, 100)
    assert [row.refund_comment for row in receipt.refund_list] == ["少一件"]
    assert (refund.bill_type, refund.trade_state, refund.total_fee) == (1, 0, 100)
    assert refund.key == (paid["transaction_id"], refunded["out_refund_no"])
    assert receipt.key != refund.key
    with pytest.raises(HTTPError, match="200 fen can be paid back"):
        sandbox.corp("POST", path, fee=201)


def test_windows_overlap_and_keys_tell_what_is_new(wecom, sandbox):
    pay(sandbox)
    first = {bill.key for bill in bills(wecom)}
    pay(sandbox)
    second = {bill.key for bill in bills(wecom)}
    assert first < second
    assert len(second) == 2


def test_pages_are_walked_and_one_payee_is_asked_for(wecom, sandbox):
    for number in range(5):
        pay(sandbox, 100 + number)
    sandbox.corp("POST", "payments", external_userid="wm1", payee_userid="wang", total_fee=7)
    now = int(clock.now().timestamp())
    window = {"begin_time": now - 3600, "end_time": now + 3600, "limit": 2}
    rows = list(wecom.payments._pages("externalpay/get_bill_list", "bill_list", Bill, window))
    assert [bill.total_fee for bill in rows] == [100, 101, 102, 103, 104, 7]
    assert sandbox.corp("GET", "calls")["externalpay/get_bill_list"]["calls"] == 3
    assert [bill.total_fee for bill in bills(wecom, payee_userid="LIN")] == [100, 101, 102, 103, 104]


def test_payments_to_members_out_of_range_are_not_told(wecom, sandbox, corp):
    pay(sandbox)
    sandbox.call("POST", "corps", corpid=corp.corpid, visible_range={"departments": [3]})
    assert bills(wecom) == []
    sandbox.call("POST", "corps", corpid=corp.corpid, visible_range={})


def test_old_answers_call_the_contact_payer_info():
    bill = Bill.from_wecom({"transaction_id": "t", "payer_info": {"name": "张三"}, "payment_type": "99"})
    assert (bill.contact.name, bill.payment_type) == ("张三", 99)


def test_a_collection_tells_its_order_numbers_to_the_app_that_began_it(wecom, sandbox):
    first, second = pay(sandbox, payment_id="pay1"), pay(sandbox, payment_id="pay1")
    pay(sandbox)
    assert wecom.payments.order_numbers("pay1") == [first["out_trade_no"], second["out_trade_no"]]
    pay(sandbox, payment_id="others", agentid=999)
    for unknown in ("others", "nothing"):
        with pytest.raises(WeComError) as refused:
            wecom.payments.order_numbers(unknown)
        assert refused.value.kind is ErrorKind.PERMANENT


def test_movements_of_the_account_appear_on_the_next_day_at_eleven(wecom, sandbox):
    sandbox.call("POST", "clock", set="2031-05-04T20:00:00+08:00")
    paid = pay(sandbox, 500)
    sandbox.corp("POST", f"payments/{paid['transaction_id']}/refund", fee=200)
    start = datetime(2031, 5, 4, tzinfo=UTC)

    def rows():
        return [
            (row.fund_flow_type, row.transaction_amount, row.account_balance)
            for row in wecom.payments.fund_flow(start, start + DAY)
        ]

    sandbox.call("POST", "clock", set="2031-05-05T10:59:00+08:00")
    assert rows() == []
    sandbox.call("POST", "clock", set="2031-05-05T11:01:00+08:00")
    assert rows() == [(1, 500, 500), (2, 200, 300)]


@pytest.mark.parametrize("call", ["bills", "fund_flow"])
def test_a_window_is_a_month_at_most(call, wecom, client, played):
    now = clock.now()
    for begin, problem in ((now - timedelta(days=32), "more than a month"), (now + DAY, "before begin_time")):
        with pytest.raises(WeComError, match=problem):
            list(getattr(client.payments, call)(begin, now))
    assert played.asked == []
    assert list(getattr(wecom.payments, call)(now - timedelta(days=31), now)) == []


def test_an_app_outside_the_list_of_payments_gets_48002(wecom, sandbox, corp):
    sandbox.call("POST", "corps", corpid=corp.corpid, payment_api=False)
    try:
        with pytest.raises(WeComError) as refused:
            bills(wecom)
    finally:
        sandbox.call("POST", "corps", corpid=corp.corpid, payment_api=True)
    assert (refused.value.errcode, refused.value.kind) == (48002, ErrorKind.CONFIG)
    corp.refresh_from_db()
    assert corp.suspended_at is None
