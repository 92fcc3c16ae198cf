from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wecom.api.base import API, Answer
from wecom.outgoing import check_count
from wecom.parsing import Payload, rows_of
from wecom.payloads import FailedChat, GroupChat, GroupChatRow

# Named here because the class has a method `list`.
Failures = list[FailedChat]


@dataclass(frozen=True, slots=True)
class _Ref(Payload):
    chat_id: str


class Groups(API):
    """Customer group chats."""

    def list(self, owners: Sequence[str] = (), status_filter: int = 0, limit: int = 1000) -> Iterator[GroupChatRow]:
        """Chats of up to 100 owners, or of everybody in range; over 1,000 members 81017 demands owners. doc 92120

        status_filter: 0 all, 1 owner resigned, 2 being inherited, 3 inherited.
        """
        endpoint = "externalcontact/groupchat/list"
        check_count(endpoint, "owner_filter.userid_list", owners, 100, least=0)
        body = {"status_filter": status_filter, "limit": limit}
        if owners:
            body |= {"owner_filter": {"userid_list": [*owners]}}  # type: ignore[dict-item]
        return self._pages(endpoint, "group_chat_list", GroupChatRow, body)

    def get(self, chat_id: str, *, need_name: bool = True) -> GroupChat:
        """A chat with its members. 49008 dismissed, 90501 not a customer group. doc 92122"""

        def parse(answer: Answer) -> GroupChat:
            return GroupChat.from_wecom(answer.get("group_chat"))

        body = {"chat_id": chat_id, "need_name": int(need_name)}
        return self._query("externalcontact/groupchat/get", parse, "group_chat", body)

    def chat_id_of(self, opengid: str) -> str:
        """The chat behind a group id of WeChat's mini-programs; 90511 when it is none of ours. doc 94822"""
        body = {"opengid": opengid}
        return self._query("externalcontact/opengid_to_chatid", _Ref.from_wecom, "chat_id", body).chat_id

    def transfer(self, chat_ids: Sequence[str], new_owner: str) -> Failures:
        """Give up to 100 groups of members who resigned within a year to `new_owner`; those that stayed. doc 92127

        At once, nobody is asked. At most 300 groups a day from one member.
        """
        return self._transfer("externalcontact/groupchat/transfer", chat_ids, new_owner)

    def transfer_on_job(self, chat_ids: Sequence[str], new_owner: str) -> Failures:
        """The same for groups of members on the job; a group at most twice in 90 days. doc 95703"""
        return self._transfer("externalcontact/groupchat/onjob_transfer", chat_ids, new_owner)

    def _transfer(self, endpoint: str, chat_ids: Sequence[str], new_owner: str) -> Failures:
        check_count(endpoint, "chat_id_list", chat_ids, 100)

        def parse(answer: Answer) -> Failures:
            return rows_of(FailedChat, answer.get("failed_chat_list"))

        body = {"chat_id_list": [*chat_ids], "new_owner": new_owner}
        return self._write(endpoint, body, parse, "failed_chat_list")
