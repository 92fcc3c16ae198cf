from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from wecom.api.base import API, nothing
from wecom.outgoing import MAX_RECIPIENTS, Attachment, check_count, message, refuse
from wecom.payloads import GroupMsg, MassResult, MassSend, MassTask


class MassSends(API):
    """Mass sends: tasks that staff confirm in their client, or never do (docs 92135, 97610, 97611, 93338)."""

    def create(
        self, *, sender: str, external_userids: Sequence[str], text: str = "", attachments: Sequence[Attachment] = ()
    ) -> MassSend:
        """Make one task for one member of staff and up to 10,000 of his customers. doc 92135

        41048: no customer can receive it. A result with a non-empty `fail_list` is a success for the others.
        WeCom has no idempotency key: an error with `fate_unknown` must be looked up, not repeated.
        """
        endpoint = "externalcontact/add_msg_template"
        check_count(endpoint, "external_userid", external_userids, MAX_RECIPIENTS)
        if not sender:
            raise refuse(endpoint, "sender is missing: WeCom would choose the staff")
        recipients = {"chat_type": "single", "external_userid": [*external_userids], "sender": sender}
        body = {**recipients, **message(endpoint, text, attachments)}
        return self._write(endpoint, body, MassSend.from_wecom, "msgid")

    def remind(self, msgid: str) -> None:
        """Remind those who have not confirmed; QUOTA (41094) after 3 in 24 h. doc 97610"""
        self._write("externalcontact/remind_groupmsg_send", {"msgid": msgid}, nothing)

    def cancel(self, msgid: str) -> None:
        """Stop what is not yet sent; what was sent stays. doc 97611"""
        self._write("externalcontact/cancel_groupmsg_send", {"msgid": msgid}, nothing)

    def list(
        self, start: datetime, end: datetime, chat_type: str = "single", filter_type: int = 0
    ) -> Iterator[GroupMsg]:
        """Mass sends created in [start, end], at most a month. filter_type: 0 corp, 1 personal, 2 both. doc 93338"""
        endpoint = "externalcontact/get_groupmsg_list_v2"
        if end - start > timedelta(days=31):
            raise refuse(endpoint, "end_time is more than a month after start_time")
        times = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        body = {"chat_type": chat_type, **times, "filter_type": filter_type, "limit": 100}
        return self._pages(endpoint, "group_msg_list", GroupMsg, body)

    def tasks(self, msgid: str) -> Iterator[MassTask]:
        """Who has confirmed. RETRY (41063) right after creation. doc 93338"""
        body = {"msgid": msgid, "limit": 1000}
        return self._pages("externalcontact/get_groupmsg_task", "task_list", MassTask, body)

    def results(self, msgid: str, userid: str) -> Iterator[MassResult]:
        """What became of each customer of one member's task. RETRY (41063) right after creation. doc 93338"""
        body = {"msgid": msgid, "userid": userid, "limit": 1000}
        return self._pages("externalcontact/get_groupmsg_send_result", "send_list", MassResult, body)
