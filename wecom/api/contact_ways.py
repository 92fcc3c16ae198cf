from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wecom.api.base import API, Answer, nothing
from wecom.contact_specs import ContactWaySpec
from wecom.parsing import Payload
from wecom.payloads import ContactWay, NewContactWay


@dataclass(frozen=True, slots=True)
class _Ref(Payload):
    config_id: str


class ContactWays(API):
    """QR codes that add a customer to staff (doc 92228). A lost config_id can only be found again with `list`."""

    def add(self, spec: ContactWaySpec) -> NewContactWay:
        """Make a contact way. 41054: a member who never logged in.

        QUOTA (41045) at 500,000, join ways of groups included. Temporary ones do not count there, but LIMIT (45009)
        follows after 100,000 of them in a day.
        """
        endpoint = "externalcontact/add_contact_way"
        return self._write(endpoint, spec.as_new(endpoint), NewContactWay.from_wecom, "config_id")

    def get(self, config_id: str) -> ContactWay:
        def parse(answer: Answer) -> ContactWay:
            return ContactWay.from_wecom(answer.get("contact_way"))

        return self._query("externalcontact/get_contact_way", parse, "contact_way", {"config_id": config_id})

    def list(self, start: datetime | None = None, end: datetime | None = None) -> Iterator[str]:
        """config_ids of the ways made in [start, end]; without start: in the last 90 days. No temporary ones."""
        times = {"start_time": start, "end_time": end}
        body = {name: int(when.timestamp()) for name, when in times.items() if when} | {"limit": 1000}
        rows = self._pages("externalcontact/list_contact_way", "contact_way", _Ref, body)
        return (row.config_id for row in rows)

    def update(self, config_id: str, spec: ContactWaySpec) -> None:
        """Change a contact way. `user` and `party` replace what was there; type and scene stay."""
        endpoint = "externalcontact/update_contact_way"
        self._write(endpoint, {"config_id": config_id, **spec.as_change(endpoint)}, nothing)

    def delete(self, config_id: str) -> None:
        self._write("externalcontact/del_contact_way", {"config_id": config_id}, nothing)

    def close_temp_chat(self, userid: str, external_userid: str) -> None:
        """End a temporary chat now; the customer gets the contact way's conclusions."""
        body = {"userid": userid, "external_userid": external_userid}
        self._write("externalcontact/close_temp_chat", body, nothing)
