from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wecom.api.base import API, Answer
from wecom.outgoing import refuse
from wecom.parsing import Payload, rows_of
from wecom.payloads import Bill, FundFlow

MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _Order(Payload):
    out_trade_no: str


class Payments(API):
    """Money that customers paid to staff (对外收款). The app must be in 对外收款's own list of apps: CONFIG (48002).

    No callback tells of a payment: poll with windows that overlap, and know a row by `Bill.key`.
    """

    def bills(self, begin: datetime, end: datetime, payee_userid: str = "") -> Iterator[Bill]:
        """Receipts and refunds in [begin, end], at most a month; of one member or of all in range. doc 93667"""
        endpoint = "externalpay/get_bill_list"
        body = _window(endpoint, begin, end) | ({"payee_userid": payee_userid} if payee_userid else {})
        return self._pages(endpoint, "bill_list", Bill, body | {"limit": 1000})

    def order_numbers(self, payment_id: str) -> list[str]:
        """out_trade_no of every payment of a collection that this app began. doc 95944"""

        def parse(answer: Answer) -> list[str]:
            return [bill.out_trade_no for bill in rows_of(_Order, answer.get("bill_list"))]

        return self._query("externalpay/get_payment_info", parse, "bill_list", {"payment_id": payment_id})

    def fund_flow(self, begin: datetime, end: datetime, mch_id: str = "") -> Iterator[FundFlow]:
        """Movements of one merchant account or of all in [begin, end], at most 31 days. doc 98100

        A day's movements appear on the next day at 11:00 (China time); they are kept for three years.
        """
        endpoint = "externalpay/get_fund_flow"
        body = _window(endpoint, begin, end) | ({"mch_id": mch_id} if mch_id else {})
        return self._pages(endpoint, "fund_flow_list", FundFlow, body | {"limit": 200})


def _window(endpoint: str, begin: datetime, end: datetime) -> dict[str, int | str]:
    if end < begin:
        raise refuse(endpoint, "end_time is before begin_time")
    if end - begin > MONTH:
        raise refuse(endpoint, "end_time is more than a month after begin_time")
    return {"begin_time": int(begin.timestamp()), "end_time": int(end.timestamp())}
