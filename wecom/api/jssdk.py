import secrets
from dataclasses import dataclass
from typing import Any

from wechatpy.client.api.jsapi import WeChatJSAPI

from wecom import clock, tickets
from wecom.api.base import API
from wecom.models import JsTicket
from wecom.payloads import TicketAnswer

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class JsSignature:
    """What `ww.register`'s getConfigSignature or getAgentConfigSignature returns; timestamp in unix seconds."""

    timestamp: int
    nonce: str
    signature: str

    def as_config(self) -> dict[str, Any]:
        """Under the names that the script reads."""
        return {"timestamp": self.timestamp, "nonceStr": self.nonce, "signature": self.signature}


def signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """40 hex digits over the four in this order, without URL-encoding; a fragment of the URL does not count. doc 90506

    `url` is the address of the page as the browser has it, on the app's trusted domain.
    """
    page = url.partition("#")[0]
    return str(WeChatJSAPI().get_jsapi_signature(nonce, ticket, timestamp, page))


class JsSdk(API):
    """What a page of ours needs to talk to WeCom's client (docs 90514, 90506)."""

    def corp_ticket(self) -> str:
        """The corp's ticket, for `config`; kept for two hours, shared by all processes. doc 90506"""
        return tickets.ticket(self._client.corp, JsTicket.Kind.CORP, self._fetch_corp_ticket)

    def app_ticket(self) -> str:
        """The app's ticket, for `agentConfig`; the corp's in its place is 42012 in the client. doc 90506"""
        return tickets.ticket(self._client.corp, JsTicket.Kind.APP, self._fetch_app_ticket)

    def config(self, url: str) -> JsSignature:
        """A signature that lets the page at `url` call `config`."""
        return self._sign(self.corp_ticket(), url)

    def agent_config(self, url: str) -> JsSignature:
        """A signature that lets the page at `url` call `agentConfig`, and with it the interfaces about customers."""
        return self._sign(self.app_ticket(), url)

    @staticmethod
    def _sign(ticket: str, url: str) -> JsSignature:
        nonce, timestamp = secrets.token_hex(NONCE_BYTES), int(clock.now().timestamp())
        return JsSignature(timestamp, nonce, signature(ticket, nonce, timestamp, url))

    def _fetch_corp_ticket(self) -> TicketAnswer:
        return self._fetch("get_jsapi_ticket", TicketAnswer.from_wecom, "ticket")

    def _fetch_app_ticket(self) -> TicketAnswer:
        return self._fetch("ticket/get", TicketAnswer.from_wecom, "ticket", type="agent_config")
