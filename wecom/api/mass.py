from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from wecom.api.base import API, nothing
from wecom.outgoing import MAX_RECIPIENTS, Attachment, check_count, message, refuse
from wecom.payloads import GroupMsg, MassResult, MassSend, MassTask

MAX_GROUPS = 2_000
MAX_TAGS = 100  # in each list of a tag filter
CREATE = "externalcontact/add_msg_template"


class MassSends(API):
    """Mass sends: tasks that staff confirm in their client, or never do (docs 92135, 97610, 97611, 93338).

    Text ≤ 4000 bytes, ≤ 9 attachments. WeCom has no idempotency key: an error with `fate_unknown` must be looked up,
    not repeated. A result with a non-empty `fail_list` is a success for the others; 41048: nobody can receive it.
    """

    def create(
        self,
        *,
        sender: str,
        external_userids: Sequence[str],
        text: str = "",
        attachments: Sequence[Attachment] = (),
        allow_select: bool = False,
    ) -> MassSend:
        """Make one task for one member of staff and up to 10,000 of his customers. doc 92135

        `allow_select`: the member may choose among his customers before he sends.
        """
        check_count(CREATE, "external_userid", external_userids, MAX_RECIPIENTS)
        recipients = {"external_userid": [*external_userids], "sender": _named(sender)}
        return self._create("single", recipients, text, attachments, allow_select)

    def create_for_all(
        self, *, sender: str, text: str = "", attachments: Sequence[Attachment] = (), allow_select: bool = False
    ) -> MassSend:
        """Make one task for one member of staff and every customer of his. doc 92135"""
        return self._create("single", {"sender": _named(sender)}, text, attachments, allow_select)

    def create_unassigned(
        self,
        *,
        external_userids: Sequence[str],
        text: str = "",
        attachments: Sequence[Attachment] = (),
        allow_select: bool = False,
    ) -> MassSend:
        """Make tasks for whoever last interacted with each of up to 10,000 customers. doc 92135

        Who that is, nobody can know beforehand: `tasks(msgid)` tells.
        """
        check_count(CREATE, "external_userid", external_userids, MAX_RECIPIENTS)
        return self._create("single", {"external_userid": [*external_userids]}, text, attachments, allow_select)

    def create_by_tags(
        self,
        *,
        tag_lists: Sequence[Sequence[str]],
        sender: str = "",
        text: str = "",
        attachments: Sequence[Attachment] = (),
        allow_select: bool = False,
    ) -> MassSend:
        """Make tasks for the customers who have a tag of every list (OR inside a list, AND between lists). doc 92135

        ≤ 100 tags in a list, corp tags and strategy tags. Without `sender`, whoever last interacted gets the customer.
        """
        check_count(CREATE, "tag_filter.group_list", tag_lists, MAX_RECIPIENTS)
        for number, tags in enumerate(tag_lists):
            check_count(CREATE, f"tag_filter.group_list[{number}].tag_list", tags, MAX_TAGS)
        recipients: dict[str, Any] = {"tag_filter": {"group_list": [{"tag_list": [*tags]} for tags in tag_lists]}}
        recipients |= {"sender": sender} if sender else {}
        return self._create("single", recipients, text, attachments, allow_select)

    def create_for_groups(
        self, *, sender: str, chat_ids: Sequence[str] = (), text: str = "", attachments: Sequence[Attachment] = ()
    ) -> MassSend:
        """Make one task for the owner of up to 2,000 groups; without `chat_ids` the owner chooses. doc 92135"""
        check_count(CREATE, "chat_id_list", chat_ids, MAX_GROUPS, least=0)
        recipients = {**({"chat_id_list": [*chat_ids]} if chat_ids else {}), "sender": _named(sender)}
        return self._create("group", recipients, text, attachments)

    def _create(
        self,
        chat_type: str,
        recipients: dict[str, Any],
        text: str,
        attachments: Sequence[Attachment],
        allow_select: bool = False,
    ) -> MassSend:
        chosen = {"allow_select": True} if allow_select else {}
        body = {"chat_type": chat_type, **recipients, **chosen, **message(CREATE, text, attachments)}
        return self._write(CREATE, body, MassSend.from_wecom, "msgid")

    def remind(self, msgid: str) -> None:
        """Remind those who have not confirmed; QUOTA (41094) after 3 in 24 h. doc 97610"""
        self._write("externalcontact/remind_groupmsg_send", {"msgid": msgid}, nothing)

    def cancel(self, msgid: str) -> None:
        """Stop what is not yet sent; what was sent stays. doc 97611"""
        self._write("externalcontact/cancel_groupmsg_send", {"msgid": msgid}, nothing)

    def list(
        self, start: datetime, end: datetime, chat_type: str = "single", filter_type: int = 0, creator: str = ""
    ) -> Iterator[GroupMsg]:
        """Mass sends created in [start, end], at most a month. doc 93338

        filter_type: 0 corp, 1 personal, 2 both. `creator`: only those that this member made.
        """
        endpoint = "externalcontact/get_groupmsg_list_v2"
        if end - start > timedelta(days=31):
            raise refuse(endpoint, "end_time is more than a month after start_time")
        times = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        body = {"chat_type": chat_type, **times, "filter_type": filter_type, "limit": 100}
        return self._pages(endpoint, "group_msg_list", GroupMsg, body | ({"creator": creator} if creator else {}))

    def tasks(self, msgid: str) -> Iterator[MassTask]:
        """Who has confirmed. RETRY (41063) right after creation. doc 93338"""
        body = {"msgid": msgid, "limit": 1000}
        return self._pages("externalcontact/get_groupmsg_task", "task_list", MassTask, body)

    def results(self, msgid: str, userid: str) -> Iterator[MassResult]:
        """What became of each customer or group of one member's task. RETRY (41063) right after creation. doc 93338

        Of group sends, only the groups that were sent to are listed.
        """
        body = {"msgid": msgid, "userid": userid, "limit": 1000}
        return self._pages("externalcontact/get_groupmsg_send_result", "send_list", MassResult, body)


def _named(sender: str) -> str:
    if not sender:
        raise refuse(CREATE, "sender is missing: WeCom would choose the staff")
    return sender
