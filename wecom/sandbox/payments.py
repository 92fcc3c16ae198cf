"""Money that customers pay to staff (对外收款, docs 93667, 98100): what happens when somebody pays or is paid back."""

import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from wecom.sandbox.corps import Corp
from wecom.sandbox.relations import Impossible
from wecom.sandbox.store import Db, Store, dumps

MERCHANT = "1600000001"
RECEIPT, REFUND = 0, 1
PAID, PAID_WITH_REFUND = 1, 3
REFUNDED = 3  # refund_status
INCOME, EXPENSE = 1, 2
FROM_CUSTOMER, TO_CUSTOMER = 1, 2  # transaction_type
PAYMENT_TYPES = (0, 1, 2, 3, 14, 15)  # in chat, QR code, live, album, transfer, mini-program


@dataclass(frozen=True)
class Payment:
    """What a customer pays, in fen; `project` is the payment_id of a collection that app `agentid` began."""

    external_userid: str
    payee_userid: str
    total_fee: int
    payment_type: int = 0
    remark: str = ""
    mch_id: str = MERCHANT
    commodities: list[dict[str, Any]] = field(default_factory=list)
    contact: dict[str, str] = field(default_factory=dict)
    project: str = ""
    agentid: int = 0


def pay(store: Store, db: Db, corp: Corp, payment: Payment, now: float) -> dict[str, Any]:
    """A receipt; the bill."""
    number = store.number(db, "bill")
    bill: dict[str, Any] = {
        "transaction_id": f"42000{int(now)}{number:012}",
        "bill_type": RECEIPT,
        "trade_state": PAID,
        "pay_time": int(now),
        "out_trade_no": f"ww{int(now)}{number:08}",
        "external_userid": payment.external_userid,
        "total_fee": payment.total_fee,
        "payee_userid": payment.payee_userid,
        "payment_type": payment.payment_type,
        "mch_id": payment.mch_id,
        "remark": payment.remark,
        "commodity_list": payment.commodities or [{"description": payment.remark, "amount": 1}],
        "total_refund_fee": 0,
        "refund_list": [],
    }
    if payment.contact:
        bill["contact_info"] = payment.contact
    if payment.payment_type == 15:
        bill["miniprogram_info"] = {"appid": "wx5a0d0b0c0d0e0f01", "name": corp.name}
    _store(db, corp, bill, payment.project, payment.agentid)
    _move(db, corp, bill, INCOME, payment.total_fee, payment.payee_userid, now)
    return bill


def refund(
    store: Store, db: Db, corp: Corp, transaction_id: str, fee: int, comment: str, now: float
) -> dict[str, Any]:
    """A refund by the payee, of at most what is left; the bill of the refund. The receipt's own row tells it, too."""
    row = db.execute(
        "SELECT * FROM bill WHERE corpid = ? AND transaction_id = ? AND out_refund_no = ''",
        (corp.corpid, transaction_id),
    ).fetchone()
    if row is None:
        raise Impossible(f"There is no payment {transaction_id}.")
    receipt = json.loads(row["body"])
    left = receipt["total_fee"] - receipt["total_refund_fee"]
    if not 0 < fee <= left:
        raise Impossible(f"{left} fen can be paid back.")
    made = {
        "out_refund_no": f"wwr{int(now)}{store.number(db, 'refund'):08}",
        "refund_userid": receipt["payee_userid"],
        "refund_comment": comment,
        "refund_reqtime": int(now),
        "refund_status": REFUNDED,
        "refund_fee": fee,
    }
    _tell_receipt(db, row, receipt, made)
    bill = {name: value for name, value in receipt.items() if name not in ("trade_state", "refund_list")}
    bill |= {"bill_type": REFUND, "pay_time": int(now), "out_refund_no": made["out_refund_no"], "total_fee": fee}
    bill |= {"total_refund_fee": fee, "refund_list": [made]}
    _store(db, corp, bill, row["project"], row["agentid"])
    _move(db, corp, bill, EXPENSE, fee, receipt["payee_userid"], now)
    return bill


def _tell_receipt(db: Db, row: sqlite3.Row, receipt: dict[str, Any], made: dict[str, Any]) -> None:
    receipt["trade_state"] = PAID_WITH_REFUND
    receipt["total_refund_fee"] += made["refund_fee"]
    receipt["refund_list"].append(made)
    db.execute("UPDATE bill SET body = ? WHERE id = ?", (dumps(receipt), row["id"]))


def _store(db: Db, corp: Corp, bill: dict[str, Any], project: str, agentid: int) -> None:
    db.execute(
        "INSERT INTO bill (corpid, at, transaction_id, out_refund_no, payee, project, agentid, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            corp.corpid,
            bill["pay_time"],
            bill["transaction_id"],
            bill.get("out_refund_no", ""),
            bill["payee_userid"],
            project,
            agentid,
            dumps(bill),
        ),
    )


def _move(db: Db, corp: Corp, bill: dict[str, Any], way: int, amount: int, userid: str, now: float) -> None:
    """Writes a movement of the merchant's account, with the balance after it."""
    last = db.execute(
        "SELECT balance FROM fund_flow WHERE corpid = ? AND mch_id = ? ORDER BY id DESC LIMIT 1",
        (corp.corpid, bill["mch_id"]),
    ).fetchone()
    balance = (last["balance"] if last else 0) + (amount if way == INCOME else -amount)
    row = {
        "timestamp": int(now),
        "request_no": bill.get("out_refund_no") or bill["transaction_id"],
        "transaction_type": FROM_CUSTOMER if way == INCOME else TO_CUSTOMER,
        "fund_flow_type": way,
        "transaction_amount": amount,
        "account_balance": balance,
        "out_trade_no": bill["out_trade_no"],
        "mch_id": bill["mch_id"],
        "operator_userid": userid,
        "group_list": [],
        "remark": bill["remark"],
    }
    db.execute(
        "INSERT INTO fund_flow (corpid, at, mch_id, operator, balance, body) VALUES (?, ?, ?, ?, ?, ?)",
        (corp.corpid, int(now), bill["mch_id"], userid, balance, dumps(row)),
    )
