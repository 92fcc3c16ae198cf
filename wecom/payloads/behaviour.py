"""What members did with customers, by day (doc 92132)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class BehaviourDay(Payload):
    """One day, all asked members together. reply_percentage: share of the single chats that customers opened and
    somebody answered on the same day; avg_reply_time: minutes to that answer. Both None on a day without such chats.
    """

    stat_time: int
    new_apply_cnt: int = 0
    new_contact_cnt: int = 0
    chat_cnt: int = 0
    message_cnt: int = 0
    reply_percentage: float | None = None
    avg_reply_time: float | None = None
    negative_feedback_cnt: int = 0
