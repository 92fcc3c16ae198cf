"""The client: wechatpy's, with its faults closed, behind typed API classes (design §8, wecom/api/).

`client_for(corp).customers.list("zhangsan")`. Every method raises `wecom.errors.WeComError` and nothing else.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential
from wechatpy.enterprise import WeChatClient

from wecom import transport
from wecom.api.acquisition import Acquisition
from wecom.api.agents import Agents
from wecom.api.album import ProductAlbum
from wecom.api.app import AppMessages
from wecom.api.auth import Auth
from wecom.api.behaviour import Behaviour
from wecom.api.contact_ways import ContactWays
from wecom.api.contacts import Contacts
from wecom.api.customers import Customers
from wecom.api.group_join_ways import GroupJoinWays
from wecom.api.group_statistics import GroupStatistics
from wecom.api.group_welcomes import GroupWelcomes
from wecom.api.groups import Groups
from wecom.api.ids import Ids
from wecom.api.inheritance import Inheritance
from wecom.api.intercept import InterceptRules
from wecom.api.jssdk import JsSdk
from wecom.api.mass import MassSends
from wecom.api.media import MediaFiles
from wecom.api.moments import Moments
from wecom.api.network import Network
from wecom.api.payments import Payments
from wecom.api.strategy_tags import StrategyTags
from wecom.api.tags import Tags
from wecom.api.welcome import Welcome
from wecom.errors import BUSY_CODES, ErrorKind, Unreadable, WeComError
from wecom.gate import Gate, StoredGate, TrialGate
from wecom.models.corp import Corp
from wecom.payloads import AccessTokenAnswer
from wecom.transport import Call

logger = logging.getLogger(__name__)

ATTEMPTS = 3
PATIENCE = 20  # seconds after which no further attempt begins
READ_AGAIN = {ErrorKind.RETRY, ErrorKind.UNKNOWN}


def client_for(corp: Corp) -> "WeComClient":
    """The client of a stored corp: limits, breaker and token are shared with every other process."""
    return WeComClient(corp, StoredGate(corp))


def trial_client(corp: Corp) -> "WeComClient":
    """A client that neither reads nor writes the database: for credentials that are being checked."""
    return WeComClient(corp, TrialGate())


class WeComClient(WeChatClient):
    contacts = Contacts()
    ids = Ids()
    network = Network()
    customers = Customers()
    tags = Tags()
    strategy_tags = StrategyTags()
    contact_ways = ContactWays()
    acquisition = Acquisition()
    welcome = Welcome()
    media = MediaFiles()
    mass = MassSends()
    app = AppMessages()
    agents = Agents()
    auth = Auth()
    moments = Moments()
    jssdk = JsSdk()
    payments = Payments()
    album = ProductAlbum()
    intercept = InterceptRules()
    groups = Groups()
    group_join_ways = GroupJoinWays()
    group_welcomes = GroupWelcomes()
    group_statistics = GroupStatistics()
    inheritance = Inheritance()
    behaviour = Behaviour()

    # wechatpy's __new__ reads every property of this class before __init__ runs: none of them may do work.

    def __init__(self, corp: Corp, gate: Gate) -> None:
        super().__init__(corp.corpid, corp.secret, auto_retry=False)
        self.corp = corp
        self.gate = gate
        self._base = corp.api_base_url.rstrip("/")
        self.API_BASE_URL = f"{self._base}/cgi-bin/"
        self._http = transport.session_for(self._base)

    def __repr__(self) -> str:
        return f"<WeComClient {self.corp_id}>"

    def call(self, call: Call, parse: Callable[[dict[str, Any]], Any]) -> Any:
        """Make a call, with bounded retries and at most one new token, and parse its answer.

        Reads are repeated when WeCom is busy, silent or unreadable; writes only when certainly nothing was applied.
        Raises WeComError.
        """
        again = _read_again if call.repeatable else _write_again
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(PATIENCE),
            wait=wait_random_exponential(multiplier=settings.WECOM_BACKOFF, max=3),
            retry=retry_if_exception(again),
            reraise=True,
        )
        may_renew = [True]
        return attempts(self._attempt, call, parse, may_renew)

    def fetch_access_token(self) -> AccessTokenAnswer:
        """One `gettoken` call (doc 91039), with time-outs, to the corp's own API base."""
        call = Call("GET", "gettoken", expects="access_token")
        self.gate.enter_for_token()
        credentials = {"corpid": self.corp_id, "corpsecret": self.secret}
        answer = self._exchange(call, credentials, AccessTokenAnswer.from_wecom)
        assert isinstance(answer, AccessTokenAnswer)
        return answer

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """wechatpy's own API classes come here too, so that no call escapes the limits and the error classes."""
        processor = kwargs.get("result_processor") or (lambda answer: answer)
        params, body = kwargs.get("params"), kwargs.get("data")
        endpoint = url_or_endpoint.removeprefix(self.API_BASE_URL)
        call = Call(method.upper(), endpoint, params, body, kwargs.get("files"), repeatable=method.upper() == "GET")
        return self.call(call, processor)

    def _attempt(self, call: Call, parse: Callable[[dict[str, Any]], Any], may_renew: list[bool]) -> Any:
        token = self.gate.enter(call.endpoint, self.fetch_access_token)
        try:
            return self._exchange(call, {"access_token": token.value}, parse)
        except WeComError as error:
            if error.kind is not ErrorKind.TOKEN or not may_renew[0]:
                raise
        may_renew[0] = False
        token = self.gate.renew(token, self.fetch_access_token)
        return self._exchange(call, {"access_token": token.value}, parse)

    def _exchange(self, call: Call, query: dict[str, Any], parse: Callable[[dict[str, Any]], Any]) -> Any:
        try:
            answer = self._timed(call, query)
            result = self._parsed(call, answer, parse)
        except WeComError as error:
            logger.info("call failed: %s", error)
            self.gate.failed(error)
            raise
        self.gate.succeeded()
        return result

    def _timed(self, call: Call, query: dict[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            return transport.exchange(self._http, self._base, call, query)
        finally:
            self.gate.answered(call.endpoint, time.perf_counter() - began)

    @staticmethod
    def _parsed(call: Call, answer: dict[str, Any], parse: Callable[[dict[str, Any]], Any]) -> Any:
        try:
            return parse(answer)
        except Unreadable as problem:
            unknown = not call.repeatable
            errmsg = f"the answer cannot be read: {problem}"
        raise WeComError(None, errmsg, ErrorKind.UNKNOWN, call.endpoint, fate_unknown=unknown)


def _read_again(problem: BaseException) -> bool:
    if not isinstance(problem, WeComError):
        return False
    return problem.errcode in BUSY_CODES or (problem.errcode is None and problem.kind in READ_AGAIN)


def _write_again(problem: BaseException) -> bool:
    """Only what certainly was not applied: an explicit "busy", or a request that never left."""
    if not isinstance(problem, WeComError) or problem.fate_unknown:
        return False
    return problem.errcode in BUSY_CODES or (problem.errcode is None and problem.kind is ErrorKind.RETRY)
