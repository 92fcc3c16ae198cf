from dataclasses import dataclass

from wecom.api.base import API, Answer, nothing
from wecom.group_specs import JoinWaySpec
from wecom.parsing import Payload
from wecom.payloads import JoinWay


@dataclass(frozen=True, slots=True)
class _Made(Payload):
    config_id: str


class GroupJoinWays(API):
    """QR codes that bring a customer into a group (doc 92229). No list: a lost config_id is lost."""

    def add(self, spec: JoinWaySpec) -> str:
        """Make a join way; its config_id. QUOTA (41045) at 500,000, contact ways included; 49008 and 90501 for a chat
        that is gone or no customer group.
        """
        endpoint = "externalcontact/groupchat/add_join_way"
        return self._write(endpoint, spec.body(endpoint), _Made.from_wecom, "config_id").config_id

    def get(self, config_id: str) -> JoinWay:
        """GONE (41044) when it was deleted."""

        def parse(answer: Answer) -> JoinWay:
            return JoinWay.from_wecom(answer.get("join_way"))

        return self._query("externalcontact/groupchat/get_join_way", parse, "join_way", {"config_id": config_id})

    def update(self, config_id: str, spec: JoinWaySpec) -> None:
        """Replaces everything; the QR code stays."""
        endpoint = "externalcontact/groupchat/update_join_way"
        self._write(endpoint, {"config_id": config_id, **spec.body(endpoint)}, nothing)

    def delete(self, config_id: str) -> None:
        self._write("externalcontact/groupchat/del_join_way", {"config_id": config_id}, nothing)
