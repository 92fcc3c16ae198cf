"""One HTTP exchange with WeCom: explicit time-outs, a connection pool, and every outcome as a dict or a WeComError.

Messages of `requests` are never passed on: they carry the URL, and with it the token or the secret.
"""

import json
import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from wecom.errors import ErrorKind, WeComError, kind_of
from wecom.models.corp import is_loopback
from wecom.text import clean, one_line, without_secrets

LONGEST_ERRMSG = 500
POOL = 16  # connections kept per host and process; "a handful of parallel calls per corp" is the advice
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
NEVER_SENT = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)
DOWNLOADED = {200, 206}
TOTAL = re.compile(r"/(\d+)\s*$")
ENCODED_NAME = re.compile(r"""filename\*=(?:UTF-8'[^']*')?"?([^";]+)""", re.IGNORECASE)
PLAIN_NAME = re.compile(r"""filename="?([^";]*)""", re.IGNORECASE)
_sessions: dict[tuple[int, str], requests.Session] = {}


@dataclass(frozen=True, slots=True)
class Call:
    """One API call.

    expects      the field without which an answer that lacks errcode is not a success
    most_bytes   set for a download: the answer is a file of at most so many bytes, or JSON with an error
    """

    method: str
    endpoint: str
    params: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    expects: str | None = None
    repeatable: bool = True
    most_bytes: int | None = None


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
    """Send `call` with the query's token or credentials, and read the answer. Raises WeComError.

    A download is answered as `{"data": bytes, "content_type": str, "filename": str, "size": int}`.
    """
    body = json.dumps(call.body, ensure_ascii=False).encode("utf-8", "replace") if call.body is not None else None
    try:
        response = session.request(
            call.method,
            f"{base}/cgi-bin/{call.endpoint}",
            params={**(call.params or {}), **query},
            data=body,
            files=call.files,
            headers=call.headers if body is None else JSON_HEADERS,
            timeout=settings.WECOM_TIMEOUT,
            allow_redirects=False,
            stream=call.most_bytes is not None,
        )
        if call.most_bytes is not None:
            with response:
                named = "Content-Disposition" in response.headers and response.status_code in DOWNLOADED
                return _file(call, response, call.most_bytes) if named else _read(call, response, query)
    except requests.RequestException as problem:
        error = _broken(call, problem)
    else:
        return _read(call, response, query)
    raise error


def _broken(call: Call, problem: requests.RequestException) -> WeComError:
    name = type(problem).__name__
    if isinstance(problem, NEVER_SENT) or "NewConnectionError" in repr(problem.args):
        return WeComError(None, f"WeCom could not be reached ({name})", ErrorKind.RETRY, call.endpoint)
    return _unknown(call, f"the connection broke before the answer was complete ({name})", ErrorKind.RETRY)


def _file(call: Call, response: requests.Response, most: int) -> dict[str, Any]:
    """A file, which has a name in its headers; what comes without one is JSON, and can only be an error."""
    data = bytearray()
    for piece in response.iter_content(64 * 1024):
        data += piece
        if len(data) > most:
            raise WeComError(None, f"the file has more than {most} bytes", ErrorKind.PERMANENT, call.endpoint)
    total = TOTAL.search(response.headers.get("Content-Range", ""))
    return {
        "data": bytes(data),
        "content_type": response.headers.get("Content-Type", ""),
        "filename": _filename(response.headers["Content-Disposition"]),
        "size": int(total[1]) if total else len(data),
    }


def _filename(disposition: str) -> str:
    """The name in a Content-Disposition header; raw UTF-8 there was read as Latin-1."""
    encoded = ENCODED_NAME.search(disposition)
    if encoded:
        return unquote(encoded[1])
    plain = PLAIN_NAME.search(disposition)
    return plain[1].encode("latin-1", "replace").decode("utf-8", "replace") if plain else ""


def _read(call: Call, response: requests.Response, query: dict[str, Any]) -> dict[str, Any]:
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
    sure = errcode or (call.most_bytes is None and (errcode == 0 or call.expects in answer))
    if not isinstance(answer, dict) or not sure:
        raise _unknown(call, "the answer says neither yes nor no", ErrorKind.UNKNOWN)
    if errcode:
        secrets = [str(value) for name, value in query.items() if name != "corpid"]
        said = without_secrets(clean(str(answer.get("errmsg", ""))), *secrets)
        raise WeComError(errcode, one_line(said, LONGEST_ERRMSG), kind_of(errcode), call.endpoint)
    return answer


def _unknown(call: Call, errmsg: str, kind: ErrorKind) -> WeComError:
    return WeComError(None, errmsg, kind, call.endpoint, fate_unknown=not call.repeatable)
