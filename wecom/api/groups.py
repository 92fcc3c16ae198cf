from collections.abc import Iterator, Sequence

from wecom.api.base import API, Answer
from wecom.outgoing import check_count
from wecom.payloads import GroupChat, GroupChatRow


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
