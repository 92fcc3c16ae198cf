"""Plans, the customers passing through them, and what was done to reach each of them."""

from campaigns.models.passage import Delivery, Enrollment
from campaigns.models.plan import Campaign, Step, Version
from campaigns.models.sending import Batch, QuotaBlock
from campaigns.models.states import (
    Action,
    BatchStatus,
    CampaignStatus,
    ClockStart,
    DeliveryStatus,
    Enroll,
    EnrollmentStatus,
    Kind,
    TaskKind,
    TaskStatus,
)
from campaigns.models.work import Task

__all__ = [
    "Action",
    "Batch",
    "BatchStatus",
    "Campaign",
    "CampaignStatus",
    "ClockStart",
    "Delivery",
    "DeliveryStatus",
    "Enroll",
    "Enrollment",
    "EnrollmentStatus",
    "Kind",
    "QuotaBlock",
    "Step",
    "Task",
    "TaskKind",
    "TaskStatus",
    "Version",
]
