import re
from collections.abc import Iterator
from functools import partial

from wecom.api.base import API, Answer
from wecom.outgoing import refuse
from wecom.parsing import rows_of
from wecom.payloads import Department, DepartmentId, DeptUser, User, UserBrief
from wecom.text import clean

MOBILE = re.compile(r"\+?[0-9]{5,20}")
CORP_MAIL, PERSONAL_MAIL = 1, 2


def _members(kind: type, answer: Answer) -> list:
    return rows_of(kind, answer.get("userlist"))


def _userid(answer: Answer) -> str:
    return UserBrief.from_wecom(answer).userid


class Contacts(API):
    """Departments and members in the app's visible range.

    What a self-built app is told has shrunk (contract §5): one made after 2022-06-20 20:00 gets no avatar, gender,
    mobile, email, biz_mail, qr_code or address here, but only from a member who consents (OAuth
    `snsapi_privateinfo`). The contact-sync secret from an address added after 2022-08-15 10:00 may call neither
    `user`, `users`, `users_simple`, `departments` nor `department` (48009): `user_ids` and `department_ids` stay.
    """

    def departments(self, root: int | None = None) -> list[Department]:
        """Every department with its name, or `root` and what is below it. Slow for large corps. doc 90208"""

        def parse(answer: Answer) -> list[Department]:
            return rows_of(Department, answer.get("department"))

        return self._fetch("department/list", parse, "department", **_below(root))

    def department_ids(self, root: int | None = None) -> list[DepartmentId]:
        """The tree without names, or `root` and what is below it. doc 95350"""

        def parse(answer: Answer) -> list[DepartmentId]:
            return rows_of(DepartmentId, answer.get("department_id"))

        return self._fetch("department/simplelist", parse, "department_id", **_below(root))

    def department(self, department_id: int) -> Department:
        """One department; 60003 when there is none, 60011 when it is out of range. doc 95351"""

        def parse(answer: Answer) -> Department:
            return Department.from_wecom(answer.get("department"))

        return self._fetch("department/get", parse, "department", id=department_id)

    def users(self, department_id: int) -> list[User]:
        """Members of this department only, with details. Huge departments: 45029. doc 90201"""
        return self._fetch("user/list", partial(_members, User), "userlist", department_id=department_id)

    def users_simple(self, department_id: int) -> list[UserBrief]:
        """Members of this department only: userid, name, departments. doc 90200"""
        return self._fetch("user/simplelist", partial(_members, UserBrief), "userlist", department_id=department_id)

    def user(self, userid: str) -> User:
        """One member; GONE (60111) when he left or is out of range. doc 90196"""
        return self._fetch("user/get", User.from_wecom, "userid", userid=userid)

    def user_ids(self) -> Iterator[DeptUser]:
        """Every userid, once for each department of the member. Only for the contact-sync secret (48002). doc 96067"""
        return self._pages("user/list_id", "dept_user", DeptUser, {"limit": 10_000})

    def userid_by_mobile(self, mobile: str) -> str:
        """Whose mobile this is; 46004 when nobody's in range. doc 95402

        Wrong numbers are counted: above a fifth of the corp's size WeCom refuses the call for a day (LIMIT). So never
        try numbers; and what cannot be one is refused here.
        """
        endpoint = "user/getuserid"
        if not MOBILE.fullmatch(mobile):
            raise refuse(endpoint, "mobile is not a number of 5 to 20 digits")
        return self._query(endpoint, _userid, "userid", {"mobile": mobile})

    def userid_by_email(self, email: str, *, personal: bool = False) -> str:
        """Whose corp mail (or personal one) this is; 46004 when nobody's in range. doc 95895"""
        endpoint = "user/get_userid_by_email"
        if "@" not in email:
            raise refuse(endpoint, "email is no address")
        body = {"email": clean(email), "email_type": PERSONAL_MAIL if personal else CORP_MAIL}
        return self._query(endpoint, _userid, "userid", body)


def _below(root: int | None) -> dict[str, int]:
    return {} if root is None else {"id": root}
