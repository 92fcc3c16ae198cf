"""Corp tags, and tags on relations."""

from typing import Any

from tests.sandbox.actors import Corp


def add(corp: Corp, group: str = "等级", *names: str) -> dict[str, Any]:
    tags = [{"name": name} for name in names or ("VIP", "普通")]
    return corp.post("externalcontact/add_corp_tag", group_name=group, tag=tags)["tag_group"]


def listed(corp: Corp, **body: Any) -> list[dict[str, Any]]:
    return corp.post("externalcontact/get_corp_tag_list", body)["tag_group"]


def marked(corp: Corp, customer: str, userid: str = "anna", **body: Any) -> int:
    answer = corp.post("externalcontact/mark_tag", userid=userid, external_userid=customer, **body)
    return answer["errcode"]


def tags_of(corp: Corp, customer: str) -> dict[str, list[str]]:
    rows = corp.get("externalcontact/get", external_userid=customer)["follow_user"]
    return {row["userid"]: [tag["tag_name"] for tag in row["tags"]] for row in rows}


def test_a_new_group_with_tags(corp: Corp) -> None:
    group = add(corp)
    assert [tag["name"] for tag in group["tag"]] == ["VIP", "普通"]
    assert all(tag["id"].startswith("et") for tag in group["tag"])
    assert listed(corp) == [group]
    assert "deleted" not in group


def test_the_same_group_name_appends_and_a_repeated_name_is_made_once(corp: Corp) -> None:
    first = add(corp, "等级", "VIP")
    second = add(corp, "等级", "普通", "普通")
    assert second["group_id"] == first["group_id"]
    assert [tag["name"] for tag in second["tag"]] == ["普通"]
    assert [tag["name"] for tag in listed(corp)[0]["tag"]] == ["VIP", "普通"]


def test_a_name_that_is_there_already_is_40071_and_nothing_is_added(corp: Corp) -> None:
    add(corp, "等级", "VIP")
    body = {"group_name": "等级", "tag": [{"name": "新"}, {"name": "VIP"}]}
    assert corp.post("externalcontact/add_corp_tag", body)["errcode"] == 40071
    assert [tag["name"] for tag in listed(corp)[0]["tag"]] == ["VIP"]


def test_limits(corp: Corp) -> None:
    def code(**body: Any) -> int:
        return corp.post("externalcontact/add_corp_tag", body)["errcode"]

    assert code(group_name="g", tag=[{"name": "字" * 30}]) == 0
    assert code(group_name="g", tag=[{"name": "字" * 31}]) == 40072
    assert code(group_name="字" * 31, tag=[{"name": "x"}]) == 40072
    assert code(group_name="g", tag=[]) == 40063
    assert code(tag=[{"name": "x"}]) == 40063
    assert code(group_id="etnothing", tag=[{"name": "x"}]) == 40068
    assert code(group_name="g", tag=[{"name": "x", "order": 1 << 32}]) == 40058


def test_larger_orders_come_first(corp: Corp) -> None:
    tags = [{"name": "低", "order": 1}, {"name": "高", "order": 9}]
    corp.post("externalcontact/add_corp_tag", group_name="g", tag=tags)
    assert [tag["name"] for tag in listed(corp)[0]["tag"]] == ["高", "低"]


def test_edit_a_tag_and_a_group(corp: Corp) -> None:
    group = add(corp)
    vip, plain = group["tag"]
    assert corp.post("externalcontact/edit_corp_tag", id=vip["id"], name="SVIP", order=7)["errcode"] == 0
    assert corp.post("externalcontact/edit_corp_tag", id=group["group_id"], name="会员")["errcode"] == 0
    assert listed(corp)[0]["group_name"] == "会员"
    assert [tag["name"] for tag in listed(corp)[0]["tag"]] == ["SVIP", "普通"]
    assert corp.post("externalcontact/edit_corp_tag", id=plain["id"], name="SVIP")["errcode"] == 40071
    assert corp.post("externalcontact/edit_corp_tag", id="etnothing", name="x")["errcode"] == 40068


def test_deleted_tags_leave_customers_and_show_only_when_asked_by_id(corp: Corp) -> None:
    vip, plain = add(corp)["tag"]
    customer = corp.add("anna")
    assert marked(corp, customer, add_tag=[vip["id"], plain["id"]]) == 0
    assert corp.post("externalcontact/del_corp_tag", tag_id=[vip["id"]])["errcode"] == 0
    assert tags_of(corp, customer) == {"anna": ["普通"]}
    assert [tag["name"] for tag in listed(corp)[0]["tag"]] == ["普通"]
    shown = listed(corp, tag_id=[vip["id"]])[0]["tag"]
    assert [(tag["id"], tag["deleted"]) for tag in shown] == [(vip["id"], True)]


def test_a_group_goes_with_its_last_tag(corp: Corp) -> None:
    group = add(corp, "等级", "VIP")
    corp.post("externalcontact/del_corp_tag", tag_id=[group["tag"][0]["id"]])
    assert listed(corp) == []
    assert listed(corp, group_id=[group["group_id"]])[0]["deleted"] is True


def test_group_ids_win_over_tag_ids(corp: Corp) -> None:
    one, two = add(corp, "一", "a"), add(corp, "二", "b")
    shown = listed(corp, group_id=[one["group_id"]], tag_id=[two["tag"][0]["id"]])
    assert [group["group_name"] for group in shown] == ["一"]


def test_tags_belong_to_the_relation(corp: Corp) -> None:
    vip = add(corp)["tag"][0]["id"]
    customer = corp.add("anna")
    corp.add("bert", external_userid=customer)
    assert marked(corp, customer, add_tag=[vip]) == 0
    assert tags_of(corp, customer) == {"anna": ["VIP"], "Bert": []}
    assert marked(corp, customer, remove_tag=[vip]) == 0
    assert tags_of(corp, customer) == {"anna": [], "Bert": []}


def test_what_mark_tag_refuses(corp: Corp) -> None:
    vip = add(corp)["tag"][0]["id"]
    customer = corp.add("anna")
    assert marked(corp, customer) == 40063
    assert marked(corp, customer, add_tag=["etnothing"]) == 40068
    assert marked(corp, customer, userid="bert", add_tag=[vip]) == 84061
    assert marked(corp, "wmnobody", add_tag=[vip]) == 40096
    assert marked(corp, customer, userid="nobody", add_tag=[vip]) == 60111


def test_tags_of_the_console_are_read_only_for_the_app(corp: Corp) -> None:
    made = corp.act("tags/create", group="管理员标签", names=["黑名单"])
    tag = made["tags"][0]["id"]
    assert corp.post("externalcontact/edit_corp_tag", id=tag, name="x")["errcode"] == 81011
    assert corp.post("externalcontact/del_corp_tag", group_id=[made["group_id"]])["errcode"] == 81011
    assert marked(corp, corp.add("anna"), add_tag=[tag]) == 0
