from collections.abc import Sequence
from datetime import date
from typing import Any

from wecom.api.base import API, Answer
from wecom.outgoing import check_count, refuse
from wecom.parsing import rows_of
from wecom.payloads import BehaviourDay, midnight
from wecom.payloads.times import WINDOW_DAYS

ENDPOINT = "externalcontact/get_user_behavior_data"
MOST = 100


class Behaviour(API):
    """What members did with their customers (doc 92132)."""

    def by_day(
        self, begin: date, end: date, *, userids: Sequence[str] = (), departments: Sequence[int] = ()
    ) -> list[BehaviourDay]:
        """One row for each day of [begin, end] (China's days, at most 30, the last 180; yesterday is the newest).

        All members together: WeCom sums. For a row per member ask for one at a time. Up to 100 of each list.
        """
        check_count(ENDPOINT, "userid", userids, MOST, least=0)
        check_count(ENDPOINT, "partyid", departments, MOST, least=0)
        if not userids and not departments:
            raise refuse(ENDPOINT, "userid and partyid are both empty")
        if not 0 <= (end - begin).days < WINDOW_DAYS:
            raise refuse(ENDPOINT, f"end_time: a window is 1 to {WINDOW_DAYS} days")
        whose: dict[str, Any] = {"userid": [*userids]} if userids else {}
        whose |= {"partyid": [*departments]} if departments else {}
        window = {"start_time": midnight(begin), "end_time": midnight(end)}

        def parse(answer: Answer) -> list[BehaviourDay]:
            return rows_of(BehaviourDay, answer.get("behavior_data"))

        return self._query(ENDPOINT, parse, "behavior_data", {**whose, **window})
