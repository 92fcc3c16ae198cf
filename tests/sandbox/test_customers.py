"""Customers and their relations: friend, half, dropped by staff, lost to the customer."""

from tests.sandbox.actors import Corp


def follow(corp: Corp, customer: str) -> dict[str, object]:
    return corp.get("externalcontact/get", external_userid=customer)["follow_user"][0]


def test_a_friend_can_be_read_in_all_three_ways(corp: Corp) -> None:
    customer = corp.add("anna", name="王小明", gender=1, state="门口")
    assert corp.get("externalcontact/list", userid="anna")["external_userid"] == [customer]
    answer = corp.get("externalcontact/get", external_userid=customer)
    contact, relation = answer["external_contact"], answer["follow_user"][0]
    assert (contact["name"], contact["gender"], contact["type"]) == ("王小明", 1, 1)
    assert contact["unionid"].startswith("o")
    assert customer.startswith("wm")
    assert len(customer) == 32
    assert (relation["userid"], relation["state"], relation["add_way"], relation["tags"]) == ("anna", "门口", 1, [])
    assert relation["remark"] == "王小明"
    assert relation["oper_userid"] == customer
    row = corp.post("externalcontact/batch/get_by_user", userid_list=["anna"])["external_contact_list"][0]
    assert row["external_contact"] == contact
    assert row["follow_info"] == {**{k: v for k, v in relation.items() if k != "tags"}, "tag_id": []}


def test_a_customer_from_another_corps_wecom(corp: Corp) -> None:
    scanned = corp.act("scan", userid="anna", type=2, name="李四", corp_name="腾讯", position="经理")
    assert scanned["welcome_code"] is None
    assert scanned["external_userid"].startswith("wo")
    contact = corp.get("externalcontact/get", external_userid=scanned["external_userid"])["external_contact"]
    assert (contact["corp_name"], contact["position"], contact["type"]) == ("腾讯", "经理", 2)
    assert "unionid" not in contact


def test_no_unionid_unless_the_corp_bound_an_account(corp: Corp) -> None:
    corp.change(bound_unionid=False)
    contact = corp.get("externalcontact/get", external_userid=corp.add())["external_contact"]
    assert "unionid" not in contact


def test_a_half_added_customer_cannot_be_read_until_the_staff_confirms(corp: Corp) -> None:
    customer = corp.add("anna", half=True)
    assert corp.get("externalcontact/get", external_userid=customer)["errcode"] == 84061
    assert corp.get("externalcontact/list", userid="anna")["errcode"] == 84061
    assert corp.post("externalcontact/batch/get_by_user", userid_list=["anna"])["external_contact_list"] == []
    assert corp.post("externalcontact/remark", userid="anna", external_userid=customer, remark="x")["errcode"] == 84061
    corp.act(f"customers/{customer}/confirm_half", userid="anna")
    assert follow(corp, customer)["userid"] == "anna"


def test_dropped_by_staff_is_84061_but_other_staff_keep_him(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.add("Bert", external_userid=customer)
    corp.act("staff/anna/delete_customer", external_userid=customer)
    assert follow(corp, customer)["userid"] == "Bert"
    assert corp.post("externalcontact/remark", userid="anna", external_userid=customer, remark="x")["errcode"] == 84061
    corp.act("staff/Bert/delete_customer", external_userid=customer)
    assert corp.get("externalcontact/get", external_userid=customer)["errcode"] == 84061


def test_a_customer_who_deleted_the_staff_stays_readable(corp: Corp) -> None:
    customer = corp.add("anna")
    corp.act(f"customers/{customer}/delete_staff", userid="anna")
    assert corp.get("externalcontact/list", userid="anna")["external_userid"] == [customer]
    assert follow(corp, customer)["userid"] == "anna"
    assert corp.post("externalcontact/remark", userid="anna", external_userid=customer, remark="旧友")["errcode"] == 0


def test_who_comes_back_begins_anew_and_keeps_his_id(corp: Corp) -> None:
    customer = corp.add("anna", state="a")
    before = follow(corp, customer)["createtime"]
    corp.act(f"customers/{customer}/delete_staff", userid="anna")
    corp.advance(100)
    back = corp.act("scan", userid="anna", external_userid=customer, state="b")
    assert back["external_userid"] == customer
    assert back["welcome_code"]
    assert follow(corp, customer)["createtime"] >= before + 100
    assert follow(corp, customer)["state"] == "b"


def test_scanning_again_as_a_friend_changes_nothing(corp: Corp) -> None:
    customer = corp.add("anna", state="a")
    again = corp.act("scan", userid="anna", external_userid=customer, state="b")
    assert again["welcome_code"] is None
    assert follow(corp, customer)["state"] == "a"


def test_unknown_ids(corp: Corp) -> None:
    assert corp.get("externalcontact/get")["errcode"] == 41035
    assert corp.get("externalcontact/get", external_userid="wmnobody")["errcode"] == 40096
    assert corp.get("externalcontact/list", userid="nobody")["errcode"] == 60111
    assert corp.get("externalcontact/list", userid="carl")["errcode"] == 84074
    assert corp.post("externalcontact/batch/get_by_user", userid_list=["anna", "nobody"])["errcode"] == 60111
    assert corp.post("externalcontact/batch/get_by_user")["errcode"] == 40063


def test_a_customer_of_invisible_staff_only_is_40096(corp: Corp) -> None:
    customer = corp.add("dora")
    assert corp.get("externalcontact/get", external_userid=customer)["errcode"] == 40096


def test_remark_changes_only_what_is_given(corp: Corp) -> None:
    customer = corp.add("anna", name="王小明")
    who = {"userid": "anna", "external_userid": customer}
    mobiles = ["13800000001", "13800000002"]
    assert corp.post("externalcontact/remark", **who, description="老客", remark_mobiles=mobiles)["errcode"] == 0
    assert corp.post("externalcontact/remark", **who, remark_company="腾讯")["errcode"] == 0
    relation = follow(corp, customer)
    assert (relation["remark"], relation["description"], relation["remark_corp_name"]) == ("王小明", "老客", "腾讯")
    assert relation["remark_mobiles"] == mobiles
    corp.post("externalcontact/remark", **who, remark_mobiles=[""])
    assert follow(corp, customer)["remark_mobiles"] == []


def test_limits_of_remark(corp: Corp) -> None:
    who = {"userid": "anna", "external_userid": corp.add("anna")}
    assert corp.post("externalcontact/remark", **who)["errcode"] == 40063
    assert corp.post("externalcontact/remark", **who, remark="字" * 20)["errcode"] == 0
    assert corp.post("externalcontact/remark", **who, remark="字" * 21)["errcode"] == 40058
    assert corp.post("externalcontact/remark", **who, description="字" * 151)["errcode"] == 40058
    assert corp.post("externalcontact/remark", userid="anna", remark="x")["errcode"] == 41035
    assert corp.post("externalcontact/remark", external_userid="x", remark="x")["errcode"] == 41009
