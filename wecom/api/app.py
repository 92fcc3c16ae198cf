from collections.abc import Sequence
from typing import Any

from wecom.api.base import API, joined
from wecom.outgoing import APP_TEXT_BYTES, check_bytes, check_chars, check_count
from wecom.payloads import AppMessage
from wecom.text import clean

ENDPOINT = "message/send"


class AppMessages(API):
    """Messages of the app to staff, at once and without confirmation (doc 90236). Never to customers.

    Over 30 a minute to one member are dropped silently. 81013 when nobody could be reached.
    """

    def send_text(self, userids: Sequence[str], content: str) -> AppMessage:
        """Plain text, ≤ 2048 bytes (WeCom would cut it), `<a href>` allowed, to ≤ 1000 members."""
        check_bytes(ENDPOINT, **{"text.content": (content, APP_TEXT_BYTES)})
        return self._send(userids, "text", {"content": clean(content)})

    def send_textcard(
        self, userids: Sequence[str], title: str, description: str, url: str, btntxt: str = ""
    ) -> AppMessage:
        """A card with a link: title ≤ 128 characters, description ≤ 512, url ≤ 2048 bytes, button ≤ 4 characters."""
        check_chars(
            ENDPOINT,
            **{
                "textcard.title": (title, 128),
                "textcard.description": (description, 512),
                "textcard.btntxt": (btntxt, 4),
            },
        )
        check_bytes(ENDPOINT, **{"textcard.url": (url, 2048)})
        card = {"title": clean(title), "description": clean(description), "url": url}
        return self._send(userids, "textcard", card | ({"btntxt": btntxt} if btntxt else {}))

    def _send(self, userids: Sequence[str], msgtype: str, content: dict[str, Any]) -> AppMessage:
        check_count(ENDPOINT, "touser", userids, 1000)
        agentid = self._client.corp.agentid
        body = {"touser": joined(userids), "msgtype": msgtype, "agentid": agentid, msgtype: content}
        return self._write(ENDPOINT, body, AppMessage.from_wecom, "msgid")
