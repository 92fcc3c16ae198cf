"""Moving a customer along the lifecycle."""

from __future__ import annotations

from django.db import transaction

from customers import timeline
from customers.models import Customer, Stage
from staff.models import AuditEntry, User


@transaction.atomic
def move(customer: Customer, stage: Stage | None, user: User) -> bool:
    """Put the customer on `stage` (None: on no stage). False where they stand there already: nothing is written."""
    before = Customer.objects.select_for_update(of=["self"]).select_related("stage").get(pk=customer.pk).stage
    if before == stage:
        return False
    Customer.objects.filter(pk=customer.pk).update(stage=stage)
    names = {"from": before.name if before else "", "to": stage.name if stage else ""}
    timeline.record(customer_id=customer.pk, kind="stage", staff_id=user.staff_id, detail={**names, "by": str(user)})
    AuditEntry.write(user, "customer.stage", customer, **names)
    return True
