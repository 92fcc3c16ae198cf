"""A corp under examination: what WeCom, the sandbox and our own rows say about it, each asked once."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

from wecom.client import WeComClient, trial_client
from wecom.errors import WeComError
from wecom.models.corp import Corp, is_loopback
from wecom.payloads.agents import Agent

SEEN_IP = re.compile(r"from ip: ?([0-9A-Fa-f.:]+)")
CALLBACK_PATH = "/wecom/callback/"


class Patient:
    """`site`: the scheme and host by which people and WeCom reach us, such as `https://scrm.example.com`; "" unknown.

    Nothing here goes through the breaker or the shared token: the credentials themselves are put to the test.
    """

    def __init__(self, corp: Corp, site: str = "") -> None:
        self.corp = corp
        self.site = site.rstrip("/")

    @property
    def callback_url(self) -> str:
        return f"{self.site}{CALLBACK_PATH}{self.corp.corpid}/" if self.site else ""

    @property
    def host(self) -> str:
        """Host, and port where it is not the scheme's own, as WeCom writes a trusted domain."""
        return urlsplit(self.site).netloc.lower().removesuffix(":443").removesuffix(":80")

    @cached_property
    def front(self) -> requests.Response | requests.RequestException:
        """What the API base answers to one without a token."""
        url = f"{self.corp.api_base_url.rstrip('/')}/cgi-bin/get_api_domain_ip"
        try:
            return requests.get(url, timeout=settings.WECOM_TIMEOUT, allow_redirects=False)
        except requests.RequestException as problem:
            return problem

    @cached_property
    def front_answer(self) -> dict[str, Any]:
        """The same as WeCom's envelope; empty when it is none."""
        try:
            answer = self.front.json() if isinstance(self.front, requests.Response) else {}
        except requests.JSONDecodeError:
            return {}
        return answer if isinstance(answer, dict) and "errcode" in answer else {}

    @property
    def seen_ip(self) -> str:
        """The address from which WeCom saw us come, as it says in every refusal."""
        return ip_in(str(self.front_answer.get("errmsg", "")))

    @cached_property
    def client(self) -> WeComClient:
        return trial_client(self.corp)

    @cached_property
    def token_error(self) -> WeComError | None:
        """Why WeCom gives no access token for these credentials; None if it gave one."""
        return refusal(lambda: self.client.gate.enter("gettoken", self.client.fetch_access_token))[1]

    @cached_property
    def agent(self) -> tuple[Agent | None, WeComError | None]:
        return refusal(lambda: self.client.agents.get(self.corp.agentid))

    @cached_property
    def followers(self) -> tuple[list[str] | None, WeComError | None]:
        return refusal(self.client.customers.follow_users)

    @property
    def plays(self) -> bool:
        """May a sandbox stand behind the API base?"""
        return is_loopback(self.corp.api_base_url)

    @cached_property
    def console(self) -> dict[str, Any]:
        """What a sandbox's console holds for our app; empty with a real corp."""
        rows = self._sandbox("GET", "corps").get("corps", [])
        corp: dict[str, Any] = next((row for row in rows if row.get("corpid") == self.corp.corpid), {})
        apps = corp.get("apps", [])
        return next((app for app in apps if app.get("agentid") == self.corp.agentid), corp)

    @cached_property
    def played_check(self) -> dict[str, Any]:
        """A sandbox's check of the URL in its console, made now: `url`, `ok`, `answer`. Empty with a real corp."""
        if not self.console.get("callback_url"):
            return {}
        outcome = self._sandbox("POST", f"corps/{self.corp.corpid}/callback", agentid=self.corp.agentid)
        if outcome and self.corp.pk:
            names = ["callback_checked_at", "callback_refused_at", "callback_refused_for"]
            self.corp.refresh_from_db(fields=names)
        return outcome

    def press_save(self) -> dict[str, Any]:
        """Play the admin in a sandbox's console: enter our URL, token and key, and save. As `played_check`."""
        keys = {"token": self.corp.callback_token, "aes_key": self.corp.aes_key}
        path = f"corps/{self.corp.corpid}/callback"
        return self._sandbox("POST", path, agentid=self.corp.agentid, callback_url=self.callback_url, **keys)

    def _sandbox(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        if not self.plays:
            return {}
        url = f"{self.corp.api_base_url.rstrip('/')}/sandbox/api/{path}"
        try:
            answer = requests.request(method, url, json=body or None, timeout=settings.WECOM_TIMEOUT).json()
        except (requests.RequestException, ValueError):
            return {}
        return answer if isinstance(answer, dict) and "error" not in answer else {}


def ip_in(errmsg: str) -> str:
    found = SEEN_IP.search(errmsg)
    return found[1].rstrip(".:") if found else ""


def refusal(question: Callable[[], Any]) -> tuple[Any, WeComError | None]:
    """(answer, None), or (None, what WeCom said instead)."""
    try:
        return question(), None
    except WeComError as error:
        return None, error
