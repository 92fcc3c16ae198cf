"""One HTTP exchange with WeCom: explicit time-outs, a connection pool, and every outcome as a dict or a WeComError.

Messages of `requests` are never passed on: they carry the URL, and with it the token or the secret.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from wecom.errors import ErrorKind, WeComError, kind_of
from wecom.models.corp import is_loopback
from wecom.text import clean, one_line

POOL = 16  # connections kept per host and process; "a handful of parallel calls per corp" is the advice
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)
_sessions: dict[tuple[int, str], requests.Session] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """One API call. `expects`: the field without which an answer that lacks errcode is not a success."""

    method: str
    endpoint: str
    params: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    expects: str | None = None
    repeatable: bool = True


def session_for(base: str) -> requests.Session:
    """The process's pooled session for an API base. A forked child gets its own."""
    key = (os.getpid(), base)
    if key not in _sessions:
        session = requests.Session()
        session.trust_env = not is_loopback(base)
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=POOL)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        _sessions[key] = session
    return _sessions[key]


def exchange(session: requests.Session, base: str, call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Send `call` with the query's token or credentials, and read the answer. Raises WeComError."""
    body = json.dumps(call.body, ensure_ascii=False).encode("utf-8", "replace") if call.body is not None else None
    try:
        response = session.request(
            call.method,
            f"{base}/cgi-bin/{call.endpoint}",
            params={**(call.params or {}), **query},
            data=body,
            files=call.files,
            headers=JSON_HEADERS if body is not None else None,
            timeout=settings.WECOM_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as problem:
        error = _broken(call, problem)
    else:
        return _read(call, response)
    raise error


def _broken(call: Call, problem: requests.RequestException) -> WeComError:
    name = type(problem).__name__
    if isinstance(problem, NEVER_SENT) or "NewConnectionError" in repr(problem.args):
        return WeComError(None, f"WeCom could not be reached ({name})", ErrorKind.RETRY, call.endpoint)
    return _unknown(call, f"the connection broke before the answer was complete ({name})", ErrorKind.RETRY)


def _read(call: Call, response: requests.Response) -> dict[str, Any]:
    status = response.status_code
    if status >= 500:
        raise _unknown(call, f"HTTP status {status}", ErrorKind.RETRY)
    if status != 200:
        kind = ErrorKind.RETRY if status == 429 else ErrorKind.CONFIG
        raise WeComError(None, f"HTTP status {status}: the API base is not WeCom's", kind, call.endpoint)
    try:
        answer = json.loads(response.content.decode("utf-8", "replace"), strict=False)
        errcode = int(answer["errcode"]) if "errcode" in answer else None
    except (ValueError, TypeError, RecursionError):
        raise _unknown(call, "the answer cannot be read", ErrorKind.UNKNOWN) from None
    if not isinstance(answer, dict) or (errcode is None and call.expects not in answer):
        raise _unknown(call, "the answer says neither yes nor no", ErrorKind.UNKNOWN)
    if errcode:
        raise WeComError(errcode, one_line(clean(str(answer.get("errmsg", "")))), kind_of(errcode), call.endpoint)
    return answer


def _unknown(call: Call, errmsg: str, kind: ErrorKind) -> WeComError:
    return WeComError(None, errmsg, kind, call.endpoint, fate_unknown=not call.repeatable)
