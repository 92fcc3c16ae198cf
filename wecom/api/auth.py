from wecom.api.base import API
from wecom.payloads import Identity


class Auth(API):
    def userinfo(self, code: str) -> Identity:
        """Who came back from WeCom's login page with `code`: one use, five minutes, else 40029. doc 91023"""
        return self._get_once("auth/getuserinfo", Identity.from_wecom, "userid", code=code)
