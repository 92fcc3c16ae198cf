"""Plans, the customers passing through them, and what was done to reach each of them."""

from campaigns.models.passage import Delivery, DeliveryStatus, Enrollment, EnrollmentStatus
from campaigns.models.plan import Action, Campaign, CampaignStatus, ClockStart, Enroll, Kind, Step, Version
from campaigns.models.sending import Batch, BatchStatus, QuotaBlock
from campaigns.models.work import Task, TaskKind, TaskStatus

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
