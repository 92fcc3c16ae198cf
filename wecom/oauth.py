"""Where a browser is sent so that WeCom says who it is (docs 91022, 98152). It comes back with `code` and `state`.

The redirect_uri must lie on the app's trusted domain, else WeCom's page shows 50001. A sandbox plays both pages.
"""

import re
from urllib.parse import urlencode, urlsplit

from wecom.models.corp import Corp
from wecom.outgoing import refuse

CLIENT_PAGE = "https://open.weixin.qq.com/connect/oauth2/authorize"
SCAN_PAGE = "https://login.work.weixin.qq.com/wwlogin/sso/login"
BASE, PRIVATE = "snsapi_base", "snsapi_privateinfo"
STATE = re.compile(r"[a-zA-Z0-9]{1,128}")


def authorize_url(corp: Corp, redirect_uri: str, state: str, scope: str = BASE) -> str:
    """The page for people who are in WeCom's client (doc 91022).

    scope: snsapi_base (who it is, silently) or snsapi_privateinfo (asks for consent; the answer has a user_ticket).
    """
    if scope not in (BASE, PRIVATE):
        raise refuse("connect/oauth2/authorize", f"scope is neither {BASE} nor {PRIVATE}")
    query = {**_common(corp, redirect_uri, state), "response_type": "code", "scope": scope}
    if corp.is_sandbox:
        return f"{_sandbox(corp)}/connect/oauth2/authorize?{urlencode(query)}"
    return f"{CLIENT_PAGE}?{urlencode(query)}#wechat_redirect"


def login_url(corp: Corp, redirect_uri: str, state: str) -> str:
    """The page for people in any other browser, who scan a code with their phone (doc 98152)."""
    page = f"{_sandbox(corp)}/wwlogin/sso/login" if corp.is_sandbox else SCAN_PAGE
    return f"{page}?{urlencode({'login_type': 'CorpApp', **_common(corp, redirect_uri, state)})}"


def _common(corp: Corp, redirect_uri: str, state: str) -> dict[str, str | int]:
    """Raises WeComError(PERMANENT) for what WeCom's page would refuse."""
    if not STATE.fullmatch(state):
        raise refuse("connect/oauth2/authorize", "state is not 1 to 128 letters and digits")
    target = urlsplit(redirect_uri)
    if target.scheme not in ("http", "https") or not target.hostname:
        raise refuse("connect/oauth2/authorize", "redirect_uri is not a complete http(s) URL")
    return {"appid": corp.corpid, "agentid": corp.agentid, "redirect_uri": redirect_uri, "state": state}


def _sandbox(corp: Corp) -> str:
    return corp.api_base_url.rstrip("/")
