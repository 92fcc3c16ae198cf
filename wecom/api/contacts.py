from functools import partial

from wecom.api.base import API, Answer
from wecom.parsing import rows_of
from wecom.payloads import Department, DepartmentId, User, UserBrief


def _members(kind: type, answer: Answer) -> list:
    return rows_of(kind, answer.get("userlist"))


class Contacts(API):
    """Departments and members in the app's visible range."""

    def departments(self) -> list[Department]:
        """Every department with its name. Slow for large corps. doc 90208"""

        def parse(answer: Answer) -> list[Department]:
            return rows_of(Department, answer.get("department"))

        return self._fetch("department/list", parse, "department")

    def department_ids(self) -> list[DepartmentId]:
        """The tree without names. doc 95350"""

        def parse(answer: Answer) -> list[DepartmentId]:
            return rows_of(DepartmentId, answer.get("department_id"))

        return self._fetch("department/simplelist", parse, "department_id")

    def users(self, department_id: int) -> list[User]:
        """Members of this department only, with details. Huge departments: 45029. doc 90201"""
        return self._fetch("user/list", partial(_members, User), "userlist", department_id=department_id)

    def users_simple(self, department_id: int) -> list[UserBrief]:
        """Members of this department only: userid, name, departments. doc 90200"""
        return self._fetch("user/simplelist", partial(_members, UserBrief), "userlist", department_id=department_id)

    def user(self, userid: str) -> User:
        """One member; GONE (60111) when he left or is out of range. doc 90196"""
        return self._fetch("user/get", User.from_wecom, "userid", userid=userid)
