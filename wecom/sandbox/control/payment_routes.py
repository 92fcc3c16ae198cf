"""Customers pay, and staff pay back."""

from typing import Any

from wecom.sandbox import payments
from wecom.sandbox.control.inputs import BadInput, Inputs
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.payments import MERCHANT, PAYMENT_TYPES, Payment


@route("POST", "corps/<corpid>/payments")
def pay(control: Control, corpid: str) -> dict[str, Any]:
    """``{external_userid, payee_userid, total_fee (fen), payment_type, remark, mch_id, commodities, contact}``; with
    ``payment_id`` as part of a collection that the app ``agentid`` (default: the first) began. Returns the bill."""
    inputs = control.inputs
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        project = inputs.text("payment_id")
        agentid = inputs.integer("agentid", corp.agentid) or 0
        payment = Payment(
            external_userid=inputs.text("external_userid", required=True),
            payee_userid=control.staff(db, corp, inputs.text("payee_userid", required=True)),
            total_fee=inputs.integer("total_fee", 100, least=1) or 0,
            payment_type=_payment_type(inputs),
            remark=inputs.text("remark"),
            mch_id=inputs.text("mch_id", MERCHANT),
            commodities=[_commodity(item) for item in inputs.objects("commodities")],
            contact=_contact(inputs.inner("contact")),
            project=project,
            agentid=agentid if project else 0,
        )
        inputs.finish()
        return payments.pay(control.world.store, db, corp, payment, control.now)


@route("POST", "corps/<corpid>/payments/<transaction_id>/refund")
def refund(control: Control, corpid: str, transaction_id: str) -> dict[str, Any]:
    """``{fee (fen), comment}``; the refund's bill."""
    fee = control.inputs.integer("fee", least=1)
    comment = control.inputs.text("comment")
    control.inputs.finish()
    if fee is None:
        raise BadInput("fee is missing.")
    with control.world.store.transaction() as db:
        corp = control.corp(db, corpid)
        return payments.refund(control.world.store, db, corp, transaction_id, fee, comment, control.now)


def _payment_type(inputs: Inputs) -> int:
    kind = inputs.integer("payment_type", 0) or 0
    if kind not in PAYMENT_TYPES:
        raise BadInput(f"payment_type must be one of {', '.join(map(str, PAYMENT_TYPES))}.")
    return kind


def _commodity(inputs: Inputs) -> dict[str, Any]:
    made = {"description": inputs.text("description", required=True), "amount": inputs.integer("amount", 1)}
    inputs.finish()
    return made


def _contact(inputs: Inputs) -> dict[str, str]:
    given = {name: inputs.text(name) for name in ("name", "phone", "address")}
    inputs.finish()
    return given if any(given.values()) else {}
