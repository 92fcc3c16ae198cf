"""Customers, who serves them, where they came from and what happened to them."""

from customers.models.channels import ContactWay, Welcome, WelcomeStatus
from customers.models.customers import (
    AddWay,
    Customer,
    CustomerKind,
    Digest,
    EndedBy,
    Follow,
    FollowStatus,
    FollowTag,
    Gender,
    Stage,
)
from customers.models.events import Event
from customers.models.segments import Segment

__all__ = [
    "AddWay",
    "ContactWay",
    "Customer",
    "CustomerKind",
    "Digest",
    "EndedBy",
    "Event",
    "Follow",
    "FollowStatus",
    "FollowTag",
    "Gender",
    "Segment",
    "Stage",
    "Welcome",
    "WelcomeStatus",
]
