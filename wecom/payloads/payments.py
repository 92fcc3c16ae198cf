"""Payments (doc 93667, 98100). Amounts in fen, times in unix seconds."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class Commodity(Payload):
    description: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Refund(Payload):
    """refund_status: 0 applied for … 7; the numbers grow, so the integer is kept."""

    out_refund_no: str = ""
    refund_userid: str = ""
    refund_comment: str = ""
    refund_reqtime: int = 0
    refund_status: int = 0
    refund_fee: int = 0


@dataclass(frozen=True, slots=True)
class PayerContact(Payload):
    name: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class PaidMiniprogram(Payload):
    appid: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bill(Payload):
    """One receipt or refund.

    bill_type: 0 receipt, 1 refund. trade_state: 1 paid, 3 paid with refund; 0 where WeCom sends none.
    payment_type: 0 in chat, 1 QR code, 2 live, 3 album, 14 transfer, 15 mini-program.
    """

    transaction_id: str
    bill_type: int = 0
    trade_state: int = 0
    pay_time: int = 0
    out_trade_no: str = ""
    out_refund_no: str = ""
    external_userid: str = ""
    payee_userid: str = ""
    total_fee: int = 0
    payment_type: int = 0
    mch_id: str = ""
    remark: str = ""
    commodity_list: tuple[Commodity, ...] = ()
    total_refund_fee: int = 0
    refund_list: tuple[Refund, ...] = ()
    contact_info: PayerContact | None = None
    payer_info: PayerContact | None = None
    miniprogram_info: PaidMiniprogram | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What a row is known by: windows overlap, so the same row comes several times."""
        return self.transaction_id, self.out_refund_no

    @property
    def contact(self) -> PayerContact:
        """Whom to deliver to; older answers call it payer_info."""
        return self.contact_info or self.payer_info or PayerContact()


@dataclass(frozen=True, slots=True)
class RuleGroup(Payload):
    group_name: str = ""


@dataclass(frozen=True, slots=True)
class FundFlow(Payload):
    """One movement of a merchant account. fund_flow_type: 1 in, 2 out. transaction_type: an integer that grows."""

    request_no: str
    timestamp: int = 0
    transaction_type: int = 0
    fund_flow_type: int = 0
    transaction_amount: int = 0
    account_balance: int = 0
    out_trade_no: str = ""
    mch_id: str = ""
    operator_userid: str = ""
    group_list: tuple[RuleGroup, ...] = ()
    remark: str = ""
