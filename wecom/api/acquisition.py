from collections.abc import Iterator
from datetime import datetime, timedelta

from wecom import clock
from wecom.api.base import API, Answer, nothing
from wecom.contact_specs import LinkSpec
from wecom.outgoing import refuse
from wecom.payloads import (
    AcquisitionLink,
    AcquisitionQuota,
    ChatInfo,
    LinkCustomer,
    LinkId,
    LinkStatistic,
    NewLink,
)

AREA = "externalcontact/customer_acquisition"
LONGEST_WINDOW = timedelta(days=30)
OLDEST = timedelta(days=180)


class Acquisition(API):
    """Acquisition links 获客助手: they add a customer to one of several members, at the cost of a bought unit.

    Only the app that made a link may use it. `contact_specs.channel_url` tells where a customer came from.
    """

    def links(self) -> Iterator[str]:
        """link_ids of the links that this app made. doc 97297"""
        rows = self._pages(f"{AREA}/list_link", "link_id_list", LinkId, {"limit": 100})
        return (row.link_id for row in rows)

    def get(self, link_id: str) -> AcquisitionLink:
        """A link, whom it leads to, and who comes first. doc 97297"""
        return self._query(f"{AREA}/get", AcquisitionLink.from_wecom, "link", {"link_id": link_id})

    def create(self, spec: LinkSpec) -> NewLink:
        """Make a link. QUOTA (41095) when the corp has as many as it may. doc 97297"""
        endpoint = f"{AREA}/create_link"

        def parse(answer: Answer) -> NewLink:
            return NewLink.from_wecom(answer.get("link"))

        return self._write(endpoint, spec.as_body(endpoint), parse, "link")

    def update(self, link_id: str, spec: LinkSpec) -> None:
        """Change a link; the range replaces what was there. doc 97297"""
        endpoint = f"{AREA}/update_link"
        self._write(endpoint, {"link_id": link_id, **spec.as_body(endpoint)}, nothing)

    def delete(self, link_id: str) -> None:
        """Delete a link: no event follows. doc 97297"""
        self._write(f"{AREA}/delete_link", {"link_id": link_id}, nothing)

    def customers(self, link_id: str) -> Iterator[LinkCustomer]:
        """Whom the link brought, to whom, and whether they have written. doc 97298"""
        return self._pages(f"{AREA}/customer", "customer_list", LinkCustomer, {"link_id": link_id, "limit": 1000})

    def statistic(self, link_id: str, start: datetime, end: datetime) -> LinkStatistic:
        """Clicks and new customers on the days from start to end: at most 30, none over 180 days ago. doc 97375"""
        endpoint = f"{AREA}/statistic"
        if not timedelta(0) <= end - start <= LONGEST_WINDOW:
            raise refuse(endpoint, "end_time: the window is 0 to 30 days long")
        if start < clock.now() - OLDEST:
            raise refuse(endpoint, "start_time is more than 180 days ago")
        body = {"link_id": link_id, "start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        return self._query(endpoint, LinkStatistic.from_wecom, "new_customer_cnt", body)

    def chat_info(self, chat_key: str) -> ChatInfo:
        """Who wrote, to whom, how often: for the ChatKey of `message_from_customer`, within 30 minutes. doc 100130"""
        return self._query(f"{AREA}/get_chat_info", ChatInfo.from_wecom, "userid", {"chat_key": chat_key})

    def quota(self) -> AcquisitionQuota:
        """Units used so far and left, by the day they expire. doc 97375"""
        return self._fetch("externalcontact/customer_acquisition_quota", AcquisitionQuota.from_wecom, "balance")
