from collections.abc import Iterator, Sequence
from typing import Any

from wecom.api.base import API, Answer, cursor_of, nothing
from wecom.errors import ErrorKind, WeComError
from wecom.outgoing import check_chars, check_count, refuse
from wecom.parsing import rows_of, texts_of
from wecom.payloads import CustomerDetail, CustomerPage, CustomerRow, ExternalContact, FollowUser, ServedContact
from wecom.text import clean

NOT_A_CONTACT = 84061
# Named here because the class has a method `list`.
Ids = list[str]
DetailPage = tuple[ExternalContact, list[FollowUser], str]


class Customers(API):
    """External contacts and who follows them."""

    def follow_users(self) -> Ids:
        """Userids of the members who may have customers (客户联系). doc 92571"""

        def parse(answer: Answer) -> Ids:
            return texts_of(answer.get("follow_user"))

        return self._fetch("externalcontact/get_follow_user_list", parse, "follow_user")

    def list(self, userid: str) -> Ids:
        """external_userids of a member's customers; none → empty, where WeCom answers 84061. doc 92113"""

        def parse(answer: Answer) -> Ids:
            return texts_of(answer.get("external_userid"))

        try:
            return self._fetch("externalcontact/list", parse, "external_userid", userid=userid)
        except WeComError as error:
            if error.errcode == NOT_A_CONTACT:
                return []
            raise

    def get(self, external_userid: str) -> CustomerDetail:
        """A customer with all followers in range; over 500 of them come in pages, all of which are read. doc 92114

        GONE: 84061 (half-added, or deleted by every member) or 40096 (nobody in range follows him).
        """
        endpoint = "externalcontact/get"
        contact, follows, cursor = self._detail_page(endpoint, external_userid, "")
        seen = {cursor}
        while cursor:
            _, more, cursor = self._detail_page(endpoint, external_userid, cursor)
            follows += more
            if cursor and cursor in seen:
                raise WeComError(None, "the same page came twice", ErrorKind.UNKNOWN, endpoint)
            seen.add(cursor)
        return CustomerDetail(contact, follows)

    def batch_by_user(self, userids: Sequence[str], cursor: str = "", limit: int = 100) -> CustomerPage:
        """One page of the customers of up to 100 members; `limit` 1..100. doc 92994"""
        endpoint = "externalcontact/batch/get_by_user"
        check_count(endpoint, "userid_list", userids, 100)

        def parse(answer: Answer) -> CustomerPage:
            unlicensed = (answer.get("fail_info") or {}).get("unlicensed_userid_list")
            rows = rows_of(CustomerRow, answer.get("external_contact_list"))
            return CustomerPage(rows, cursor_of(answer), texts_of(unlicensed))

        body = {"userid_list": [*userids], "cursor": cursor, "limit": limit}
        return self._query(endpoint, parse, "external_contact_list", body)

    def remark(
        self,
        userid: str,
        external_userid: str,
        *,
        remark: str | None = None,
        description: str | None = None,
        company: str | None = None,
        mobiles: Sequence[str] | None = None,
        picture: str = "",
    ) -> None:
        """Change what the member noted about the customer; None leaves a field as it is. doc 92115

        remark ≤ 20 characters, description ≤ 150, company ≤ 20 (WeChat users only); mobiles replace all, empty clears.
        picture: the media id of an uploaded image.
        """
        endpoint = "externalcontact/remark"
        check_chars(endpoint, remark=(remark, 20), description=(description, 150), remark_company=(company, 20))
        texts = {"remark": remark, "description": description, "remark_company": company}
        changes: dict[str, Any] = {name: clean(text) for name, text in texts.items() if text is not None}
        if mobiles is not None:
            changes["remark_mobiles"] = [*mobiles] or [""]
        if picture:
            changes["remark_pic_mediaid"] = picture
        if not changes:
            raise refuse(endpoint, "remark: nothing to change")
        self._write(endpoint, {"userid": userid, "external_userid": external_userid, **changes}, nothing)

    def served(self) -> Iterator[ServedContact]:
        """Everybody whom members serve or meet in groups, customers or not. doc 99434

        A walk must end within 4 hours, and its tmp_openid mean nothing in another one.
        """
        return self._pages("externalcontact/contact_list", "info_list", ServedContact, {"limit": 1000})

    def _detail_page(self, endpoint: str, external_userid: str, cursor: str) -> DetailPage:
        def parse(answer: Answer) -> DetailPage:
            contact = ExternalContact.from_wecom(answer.get("external_contact"))
            return contact, rows_of(FollowUser, answer.get("follow_user")), cursor_of(answer)

        params = {"external_userid": external_userid} | ({"cursor": cursor} if cursor else {})
        return self._fetch(endpoint, parse, "external_contact", **params)
