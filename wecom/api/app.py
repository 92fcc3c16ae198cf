from collections.abc import Sequence
from typing import Any

from wecom.api.base import API, nothing
from wecom.app_content import ENDPOINT, AppContent, Audience, Options, Text, TextCard
from wecom.cards import Card
from wecom.outgoing import check_count, refuse
from wecom.payloads import AppMessage, UpdatedCard
from wecom.text import clean

UPDATE = "message/update_template_card"


class AppMessages(API):
    """Messages of the app to staff, at once and without confirmation (docs 90236, 94867, 94888). Never to customers.

    Over 30 a minute or 1,000 an hour to one member are dropped silently. 81013 when nobody could be reached.
    """

    def send(self, to: Audience, content: AppContent, options: Options = Options()) -> AppMessage:  # noqa: B008  frozen
        """Send one message of any kind (`wecom.app_content`, `wecom.cards`). doc 90236

        43012 (CONFIG): an interactive card needs an app with a callback URL.
        """
        body = {
            **to.body(),
            "msgtype": content.msgtype,
            "agentid": self._agentid,
            content.msgtype: content.body(),
            **options.body(),
        }
        return self._write(ENDPOINT, body, AppMessage.from_wecom, "msgid")

    def send_text(self, userids: Sequence[str], content: str) -> AppMessage:
        """Plain text, ≤ 2048 bytes (WeCom would cut it), `<a href>` allowed, to ≤ 1000 members."""
        return self.send(Audience(userids), Text(content))

    def send_textcard(
        self, userids: Sequence[str], title: str, description: str, url: str, btntxt: str = ""
    ) -> AppMessage:
        """A card with a link: title ≤ 128 characters, description ≤ 512, url ≤ 2048 bytes, button ≤ 4 characters."""
        return self.send(Audience(userids), TextCard(title, description, url, btntxt))

    def recall(self, msgid: str) -> None:
        """Take a message of the last 24 h back from everybody; PERMANENT (42052) afterwards. doc 94867"""
        self._write("message/recall", {"msgid": msgid}, nothing)

    def update_card(
        self, userids: Sequence[str], response_code: str, card: Card, *, everyone: bool = False
    ) -> UpdatedCard:
        """Put `card` in place of the one that `response_code` belongs to: one use, 72 h. doc 94888

        For ≤ 1000 of its receivers, or all of them. The code comes with `send` and with every event of the card.
        """
        return self._update(userids, response_code, {"template_card": card.body()}, everyone)

    def close_card(
        self, userids: Sequence[str], response_code: str, replace_name: str, *, everyone: bool = False
    ) -> UpdatedCard:
        """Grey out the buttons of an interactive card and write `replace_name` on them; codes as above. doc 94888"""
        if not replace_name:
            raise refuse(UPDATE, "button.replace_name is missing")
        return self._update(userids, response_code, {"button": {"replace_name": clean(replace_name)}}, everyone)

    def _update(
        self, userids: Sequence[str], response_code: str, change: dict[str, Any], everyone: bool
    ) -> UpdatedCard:
        check_count(UPDATE, "userids", userids, 1000, least=0 if everyone else 1)
        to = {"atall": 1} if everyone else {"userids": [*userids]}
        body = {**to, "agentid": self._agentid, "response_code": response_code, **change}
        return self._write(UPDATE, body, UpdatedCard.from_wecom, "invaliduser")

    @property
    def _agentid(self) -> int:
        return int(self._client.corp.agentid)
