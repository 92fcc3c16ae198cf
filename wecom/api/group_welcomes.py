from dataclasses import dataclass

from wecom.api.base import API, nothing
from wecom.group_specs import group_welcome
from wecom.outgoing import Attachment
from wecom.parsing import Payload
from wecom.payloads import GroupWelcome


@dataclass(frozen=True, slots=True)
class _Made(Payload):
    template_id: str


class GroupWelcomes(API):
    """Welcome templates of groups (doc 92366). A group's owner chooses one in the client: no call attaches it.

    Text ≤ 3000 bytes, in which `%NICKNAME%` is the newcomer's name, and one of image, link, miniprogram, file, video.
    """

    def add(self, text: str = "", part: Attachment | None = None, *, notify: bool = True) -> str:
        """Make a template; its id. `notify` tells the staff of it. QUOTA (41055) at 100 in the corp."""
        endpoint = "externalcontact/group_welcome_template/add"
        body = {**group_welcome(endpoint, text, part), "notify": int(notify)}
        return self._write(endpoint, body, _Made.from_wecom, "template_id").template_id

    def edit(self, template_id: str, text: str = "", part: Attachment | None = None) -> None:
        """Replace text and part. 41058 for a template that another app made."""
        endpoint = "externalcontact/group_welcome_template/edit"
        self._write(endpoint, {"template_id": template_id, **group_welcome(endpoint, text, part)}, nothing)

    def get(self, template_id: str) -> GroupWelcome:
        body = {"template_id": template_id}
        return self._query("externalcontact/group_welcome_template/get", GroupWelcome.from_wecom, "text", body)

    def delete(self, template_id: str) -> None:
        """41058 for a template that another app made."""
        self._write("externalcontact/group_welcome_template/del", {"template_id": template_id}, nothing)
