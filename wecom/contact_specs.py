"""What WeCom shall keep for us, as it shall be: contact ways (doc 92228), acquisition links (doc 97297).

Checked against the documented limits before the call. None leaves a field to WeCom's default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from wecom.outgoing import check_between, check_bytes, check_chars, check_count, refuse
from wecom.text import clean, clean_json

SINGLE, MULTI = 1, 2
MINIPROGRAM, QR = 1, 2
LONGEST_TEMPORARY = 14 * 86_400
MAX_LINK_MEMBERS = 500
MAX_PRIORITY_MEMBERS = 1_000
CHANNEL_BYTES = 64
SCHEME = "weixin://biz/ww/profile/"
# doc 92228: what each part of the conclusions must have, then its limits in bytes.
CONCLUSION_FIELDS = {
    "text": ("content",),
    "image": ("media_id",),
    "link": ("title", "url"),
    "miniprogram": ("title", "pic_media_id", "appid", "page"),
}
CONCLUSION_BYTES: dict[str, dict[str, int]] = {
    "text": {"content": 4000},
    "image": {},
    "link": {"title": 128, "desc": 512},
    "miniprogram": {"title": 64},
}


@dataclass(frozen=True, slots=True)
class ContactWaySpec:
    """A contact way as it shall be (doc 92228).

    type: 1 single (exactly one user), 2 multi. scene: 1 mini-program, 2 QR. remark and state: 30 characters.
    is_temp: a temporary chat (certain industries, single only): its code lives `expires_in` seconds and takes one
    customer, the chat `chat_expires_in`, both at most 14 days; `unionid` limits it to one customer. `conclusions`, as
    doc 92228 has them, are sent when the chat ends: the text, and of image, link and miniprogram the first one given.
    """

    user: Sequence[str] = ()
    party: Sequence[int] = ()
    type: int = MULTI
    scene: int = QR
    remark: str = ""
    state: str = ""
    skip_verify: bool = True
    style: int | None = None
    is_temp: bool | None = None
    expires_in: int | None = None
    chat_expires_in: int | None = None
    unionid: str | None = None
    is_exclusive: bool | None = None
    mark_source: bool | None = None
    conclusions: Mapping[str, Any] | None = None

    def as_new(self, endpoint: str) -> dict[str, Any]:
        """The body of `add_contact_way`. Raises WeComError(PERMANENT) for what WeCom would refuse."""
        self._check(endpoint)
        if self.is_temp and self.type != SINGLE:
            raise refuse(endpoint, "is_temp: a temporary contact way is of type 1")
        given = {"type": self.type, "scene": self.scene, "is_temp": self.is_temp, "is_exclusive": self.is_exclusive}
        return _without_none(given | self._common(endpoint))

    def as_change(self, endpoint: str) -> dict[str, Any]:
        """The body of `update_contact_way`, without config_id. `user` and `party` replace what was there."""
        self._check(endpoint)
        return _without_none(self._common(endpoint))

    def _check(self, endpoint: str) -> None:
        check_chars(endpoint, remark=(self.remark, 30), state=(self.state, 30))
        check_between(endpoint, "type", self.type, SINGLE, MULTI)
        check_between(endpoint, "scene", self.scene, MINIPROGRAM, QR)
        check_between(endpoint, "expires_in", self.expires_in, 1, LONGEST_TEMPORARY)
        check_between(endpoint, "chat_expires_in", self.chat_expires_in, 1, LONGEST_TEMPORARY)
        check_count(endpoint, "user", self.user, 100, least=0)
        if self.type == SINGLE and (len(self.user) != 1 or self.party):
            raise refuse(endpoint, "user: a contact way of type 1 has exactly one user and no party")
        if not self.user and not self.party:
            raise refuse(endpoint, "user: a contact way needs a user or a party")

    def _common(self, endpoint: str) -> dict[str, Any]:
        return {
            "style": self.style,
            "remark": clean(self.remark),
            "skip_verify": self.skip_verify,
            "state": clean(self.state),
            "user": list(self.user),
            "party": list(self.party) or None,
            "expires_in": self.expires_in,
            "chat_expires_in": self.chat_expires_in,
            "unionid": self.unionid,
            "mark_source": self.mark_source,
            "conclusions": _conclusions(endpoint, self.conclusions) if self.conclusions else None,
        }


def _conclusions(endpoint: str, conclusions: Mapping[str, Any]) -> dict[str, Any]:
    for kind, content in conclusions.items():
        if kind not in CONCLUSION_FIELDS or not isinstance(content, Mapping):
            raise refuse(endpoint, f"conclusions.{kind} is none of {', '.join(CONCLUSION_FIELDS)}")
        missing = [name for name in CONCLUSION_FIELDS[kind] if not content.get(name)]
        if missing:
            raise refuse(endpoint, f"conclusions.{kind}.{missing[0]} is missing")
        for name, most in CONCLUSION_BYTES[kind].items():
            check_bytes(endpoint, **{f"conclusions.{kind}.{name}": (content.get(name), most)})
    cleaned: dict[str, Any] = clean_json(dict(conclusions))
    return cleaned


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """An acquisition link as it shall be (doc 97297).

    link_name: 30 characters. users and the members of departments: at most 500 together, and not nobody.
    priority_type (certain categories): 1 a present friend anywhere in the corp gets the customer first, 2 one of
    priority_users (at most 1,000) does.
    """

    link_name: str
    users: Sequence[str] = ()
    departments: Sequence[int] = ()
    skip_verify: bool = True
    priority_type: int | None = None
    priority_users: Sequence[str] = ()
    mark_source: bool | None = None

    def as_body(self, endpoint: str) -> dict[str, Any]:
        """The body of `create_link`, and with link_id of `update_link`: the range replaces what was there."""
        self._check(endpoint)
        reach = {"user_list": [*self.users], "department_list": [*self.departments]}
        priority = {"priority_type": self.priority_type, "priority_userid_list": [*self.priority_users] or None}
        return _without_none(
            {
                "link_name": clean(self.link_name),
                "range": {name: ids for name, ids in reach.items() if ids},
                "skip_verify": self.skip_verify,
                "priority_option": _without_none(priority) if self.priority_type else None,
                "mark_source": self.mark_source,
            }
        )

    def _check(self, endpoint: str) -> None:
        if not self.link_name:
            raise refuse(endpoint, "link_name is empty")
        check_chars(endpoint, link_name=(self.link_name, 30))
        check_count(endpoint, "range.user_list", self.users, MAX_LINK_MEMBERS, least=0)
        if not self.users and not self.departments:
            raise refuse(endpoint, "range: a link needs a user or a department")
        check_between(endpoint, "priority_option.priority_type", self.priority_type, 1, 2)
        if self.priority_type == 2 or self.priority_users:
            name = "priority_option.priority_userid_list"
            check_count(endpoint, name, self.priority_users, MAX_PRIORITY_MEMBERS)
            if self.priority_type != 2:
                raise refuse(endpoint, f"{name} is only for priority_type 2")


def channel_url(url: str, channel: str) -> str:
    """An acquisition link's url for one channel, which comes back as `State` of events and `state` of the follow.

    WeCom cuts a channel of more than 64 bytes, so such a one is refused: WeComError(PERMANENT).
    """
    check_bytes("externalcontact/customer_acquisition", customer_channel=(channel, CHANNEL_BYTES))
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'customer_channel': clean(channel)})}"


def link_scheme(url: str) -> str:
    """The address that opens an acquisition link (its url, with or without a channel) outside WeChat's browser."""
    return SCHEME + quote(url, safe="")


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
