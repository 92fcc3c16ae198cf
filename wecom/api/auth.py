from wecom import oauth
from wecom.api.base import API
from wecom.outgoing import check_bytes, refuse
from wecom.payloads import Identity, UserDetail

MOST_CODE_BYTES = 512


class Auth(API):
    """Who is looking at a page of ours (docs 91022, 91023, 95833, 98152, 98176)."""

    def authorize_url(self, redirect_uri: str, state: str, scope: str = oauth.BASE) -> str:
        """Where to send a browser inside WeCom's client. No call is made. doc 91022"""
        return oauth.authorize_url(self._client.corp, redirect_uri, state, scope)

    def login_url(self, redirect_uri: str, state: str) -> str:
        """Where to send any other browser, to scan a code. No call is made. doc 98152"""
        return oauth.login_url(self._client.corp, redirect_uri, state)

    def userinfo(self, code: str) -> Identity:
        """Who came back from WeCom's page with `code` (≤ 512 bytes): one use, five minutes. doc 91023

        PERMANENT: 40029 not a code of this app, 42003 too old, 42022 used already.
        """
        endpoint = "auth/getuserinfo"
        if not code:
            raise refuse(endpoint, "code is missing")
        check_bytes(endpoint, code=(code, MOST_CODE_BYTES))
        return self._get_once(endpoint, Identity.from_wecom, "userid", code=code)

    def userdetail(self, user_ticket: str) -> UserDetail:
        """What the member has agreed to show, by the `user_ticket` of `userinfo`, which lives 1800 s. doc 95833

        PERMANENT: 84014 not a ticket of this app, 84015 too old.
        """
        return self._query("auth/getuserdetail", UserDetail.from_wecom, "userid", {"user_ticket": user_ticket})
