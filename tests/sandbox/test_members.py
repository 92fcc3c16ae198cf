"""Departments and members, as far as the app may see them."""

from tests.sandbox.actors import Corp


def test_departments(corp: Corp) -> None:
    listed = corp.get("department/list")["department"]
    assert [(row["id"], row["parentid"]) for row in listed] == [(1, 0), (2, 1), (3, 2)]
    assert listed[1]["name"] == "门店"
    brief = corp.get("department/simplelist")["department_id"]
    assert [set(row) for row in brief] == [{"id", "parentid", "order"}] * 3


def test_a_department_with_what_is_below_it(corp: Corp) -> None:
    assert [row["id"] for row in corp.get("department/list", id=2)["department"]] == [2, 3]
    assert corp.get("department/list", id=99)["errcode"] == 60003
    assert corp.get("department/list", id="x")["errcode"] == 60123


def test_members_of_one_department_only(corp: Corp) -> None:
    assert [row["userid"] for row in corp.get("user/simplelist", department_id=2)["userlist"]] == ["anna"]
    member = corp.get("user/list", department_id=3)["userlist"][0]
    assert (member["userid"], member["name"], member["department"]) == ("Bert", "伯特", [3])
    assert corp.get("user/list")["errcode"] == 60123
    assert corp.get("user/list", department_id=77)["errcode"] == 60003


def test_a_self_built_app_sees_no_mobile_mail_avatar_or_gender(corp: Corp) -> None:
    member = corp.get("user/get", userid="anna")
    assert not {"mobile", "email", "biz_mail", "avatar", "gender", "qr_code", "address"} & set(member)
    assert member["status"] == 1


def test_userids_ignore_case(corp: Corp) -> None:
    assert corp.get("user/get", userid="BERT")["userid"] == "Bert"


def test_who_is_out_of_range_or_unknown_is_not_found(corp: Corp) -> None:
    assert corp.get("user/get", userid="dora")["errcode"] == 60111
    assert corp.get("user/get", userid="nobody")["errcode"] == 60111
    assert corp.get("user/get")["errcode"] == 41009
    assert corp.get("user/simplelist", department_id=1)["userlist"][0]["userid"] == "carl"


def test_follow_users_have_the_right_and_are_visible(corp: Corp) -> None:
    assert corp.get("externalcontact/get_follow_user_list")["follow_user"] == ["anna", "Bert"]


def test_who_leaves_the_corp_is_gone(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.act("staff/anna/leave")
    assert corp.get("user/get", userid="anna")["errcode"] == 60111
    assert corp.get("externalcontact/get_follow_user_list")["follow_user"] == ["Bert"]
    assert corp.get("externalcontact/get", external_userid=customer)["errcode"] == 40096
