from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wecom.api.base import API, Answer
from wecom.outgoing import check_count, refuse
from wecom.parsing import Payload, rows_of
from wecom.payloads import DayFigures, OwnerFigures, midnight
from wecom.payloads.times import WINDOW_DAYS

MOST_OWNERS = 100
PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Place(Payload):
    total: int = 0
    next_offset: int = 0


class GroupStatistics(API):
    """Figures of groups by day of China, yesterday being the newest, 180 days back (doc 92133)."""

    def by_owner(
        self,
        owners: Sequence[str],
        begin: date,
        end: date | None = None,
        *,
        order_by: int = 1,
        ascending: bool = False,
    ) -> Iterator[OwnerFigures]:
        """The figures of each of up to 100 owners over [begin, end], at most 30 days; without `end` of that day.

        order_by: 1 new chats, 2 chats, 3 new members, 4 members.
        """
        endpoint = "externalcontact/groupchat/statistic"
        order = {"order_by": order_by, "order_asc": int(ascending)}
        body = {**_window(endpoint, owners, begin, end), **order, "limit": PAGE}

        def page(answer: Answer) -> tuple[list[OwnerFigures], _Place]:
            return rows_of(OwnerFigures, answer.get("items")), _Place.from_wecom(answer)

        offset = 0
        while True:
            rows, place = self._query(endpoint, page, "items", {**body, "offset": offset})
            yield from rows
            if not offset < place.next_offset < place.total:
                return
            offset = place.next_offset

    def by_day(self, owners: Sequence[str], begin: date, end: date | None = None) -> list[DayFigures]:
        """The figures of up to 100 owners together for each day of [begin, end], at most 30 days."""
        endpoint = "externalcontact/groupchat/statistic_group_by_day"

        def parse(answer: Answer) -> list[DayFigures]:
            return rows_of(DayFigures, answer.get("items"))

        return self._query(endpoint, parse, "items", _window(endpoint, owners, begin, end))


def _window(endpoint: str, owners: Sequence[str], begin: date, end: date | None) -> dict[str, Any]:
    check_count(endpoint, "owner_filter.userid_list", owners, MOST_OWNERS)
    if end is not None and not 0 <= (end - begin).days < WINDOW_DAYS:
        raise refuse(endpoint, f"day_end_time: a window is 1 to {WINDOW_DAYS} days")
    until = {} if end is None else {"day_end_time": midnight(end)}
    return {"day_begin_time": midnight(begin), **until, "owner_filter": {"userid_list": [*owners]}}
