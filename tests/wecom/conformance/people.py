"""Calls about members, customers, tags, and the ways to get customers."""

from tests.wecom.conformance.case import Case, after, given
from wecom.contact_specs import ContactWaySpec, LinkSpec


def _member(s):
    """A member with mobile and mail."""
    s.do("contacts/update_user", userid="lin", mobile="13800000001", email="lin@example.com")
    return s


def _temporary(s):
    way = s.wecom.contact_ways.add(ContactWaySpec(user=["lin"], type=1, is_temp=True))
    return s.do("scan", config_id=way.config_id)["external_userid"]


def _service(s, kind, ident):
    return s.do("ids/service", agentid=1, **{kind: [ident]})[kind][ident]


CALLS = {
    # token and addresses
    "gettoken": Case("fetch_access_token", lambda s: given(), lambda s, r: bool(r.access_token) and r.expires_in > 0),
    "getcallbackip": Case("network.callback_ips", lambda s: given(), lambda s, r: r == ["127.0.0.1"]),
    "get_api_domain_ip": Case("network.api_ips", lambda s: given(), lambda s, r: r == ["127.0.0.1"]),
    # members and departments
    "department/list": Case(
        "contacts.departments", lambda s: given(), lambda s, r: {"一店", "二店"} <= {one.name for one in r}
    ),
    "department/simplelist": Case(
        "contacts.department_ids", lambda s: given(1), lambda s, r: {2, 3} <= {one.id for one in r}
    ),
    "department/get": Case("contacts.department", lambda s: given(2), lambda s, r: (r.id, r.name) == (2, "一店")),
    "user/simplelist": Case(
        "contacts.users_simple", lambda s: given(2), lambda s, r: [one.userid for one in r] == ["lin"]
    ),
    "user/list": Case("contacts.users", lambda s: given(3), lambda s, r: [one.name for one in r] == ["王磊"]),
    "user/list_id": Case(
        "contacts.user_ids",
        lambda s: given(),
        lambda s, r: {(one.userid, one.department) for one in r} >= {("lin", 2), ("wang", 3)},
        client="sync_helper",
    ),
    "user/get": Case("contacts.user", lambda s: given("lin"), lambda s, r: r.name == "林小雨"),
    "user/getuserid": Case(
        "contacts.userid_by_mobile", lambda s: after(_member(s), given("13800000001")), lambda s, r: r == "lin"
    ),
    "user/get_userid_by_email": Case(
        "contacts.userid_by_email",
        lambda s: after(_member(s), given("lin@example.com", personal=True)),
        lambda s, r: r == "lin",
    ),
    "agent/get": Case("agents.get", lambda s: given(s.corp.agentid), lambda s, r: int(r.agentid) == s.corp.agentid),
    # customers
    "externalcontact/get_follow_user_list": Case(
        "customers.follow_users", lambda s: given(), lambda s, r: set(r) == {"lin", "wang"}
    ),
    "externalcontact/list": Case(
        "customers.list", lambda s: after(s.friend, given("lin")), lambda s, r: r == [s.friend]
    ),
    "externalcontact/get": Case(
        "customers.get", lambda s: given(s.friend), lambda s, r: (r.contact.name, len(r.follows)) == ("张三", 1)
    ),
    "externalcontact/batch/get_by_user": Case(
        "customers.batch_by_user",
        lambda s: after(s.friend, given(["lin", "wang"])),
        lambda s, r: [(row.contact.external_userid, row.follow.userid) for row in r.rows] == [(s.friend, "lin")],
    ),
    "externalcontact/remark": Case(
        "customers.remark",
        lambda s: given("lin", s.friend, remark="张姐", mobiles=["13800000002"]),
        lambda s, r: (s.follow.remark, s.follow.remark_mobiles) == ("张姐", ("13800000002",)),
    ),
    "externalcontact/contact_list": Case(
        "customers.served",
        lambda s: after(s.friend, given()),
        lambda s, r: [(one.external_userid, one.follow_userid) for one in r if one.is_customer] == [(s.friend, "lin")],
    ),
    # tags
    "externalcontact/get_corp_tag_list": Case(
        "tags.list",
        lambda s: given(group_ids=[s.tags.group_id]),
        lambda s, r: [tag.name for tag in r[0].tag] == ["金", "银"],
    ),
    "externalcontact/add_corp_tag": Case(
        "tags.add",
        lambda s: given(group_id=s.tags.group_id, tags=["铜"]),
        lambda s, r: [tag.name for tag in r.tag] == ["铜"] and r.group_id == s.tags.group_id,
    ),
    "externalcontact/edit_corp_tag": Case(
        "tags.edit",
        lambda s: given(s.tags.tag[0].id, name="钻石"),
        lambda s, r: {tag.name for tag in s.wecom.tags.list()[0].tag} == {"钻石", "银"},
    ),
    "externalcontact/del_corp_tag": Case(
        "tags.delete", lambda s: given(group_ids=[s.tags.group_id]), lambda s, r: s.wecom.tags.list() == []
    ),
    "externalcontact/mark_tag": Case(
        "tags.mark",
        lambda s: given("lin", s.friend, add=[s.tags.tag[0].id]),
        lambda s, r: s.follow.tag_id == (s.tags.tag[0].id,),
    ),
    "externalcontact/get_strategy_tag_list": Case(
        "strategy_tags.list",
        lambda s: after(s.strategy_tags, given(7)),
        lambda s, r: [tag.name for tag in r[0].tag] == ["高", "低"],
    ),
    "externalcontact/add_strategy_tag": Case(
        "strategy_tags.add",
        lambda s: given(7, group_id=s.strategy_tags.group_id, tags=["中"]),
        lambda s, r: [tag.name for tag in r.tag] == ["中"],
    ),
    "externalcontact/edit_strategy_tag": Case(
        "strategy_tags.edit",
        lambda s: given(s.strategy_tags.tag[0].id, name="很高"),
        lambda s, r: {tag.name for tag in s.wecom.strategy_tags.list(7)[0].tag} == {"很高", "低"},
    ),
    "externalcontact/del_strategy_tag": Case(
        "strategy_tags.delete",
        lambda s: given([tag.id for tag in s.strategy_tags.tag]),
        lambda s, r: s.wecom.strategy_tags.list(7) == [],
    ),
    # contact ways
    "externalcontact/add_contact_way": Case(
        "contact_ways.add",
        lambda s: given(ContactWaySpec(user=["lin"], type=1, state="door")),
        lambda s, r: s.wecom.contact_ways.get(r.config_id).qr_code == r.qr_code,
    ),
    "externalcontact/get_contact_way": Case(
        "contact_ways.get", lambda s: given(s.way), lambda s, r: (r.state, r.user) == ("door", ("lin",))
    ),
    "externalcontact/list_contact_way": Case(
        "contact_ways.list", lambda s: after(s.way, given()), lambda s, r: r == [s.way]
    ),
    "externalcontact/update_contact_way": Case(
        "contact_ways.update",
        lambda s: given(s.way, ContactWaySpec(user=["wang"], type=1, state="door2")),
        lambda s, r: s.wecom.contact_ways.get(s.way).user == ("wang",),
    ),
    "externalcontact/del_contact_way": Case(
        "contact_ways.delete", lambda s: given(s.way), lambda s, r: list(s.wecom.contact_ways.list()) == []
    ),
    "externalcontact/close_temp_chat": Case(
        "contact_ways.close_temp_chat", lambda s: given("lin", _temporary(s)), lambda s, r: r is None
    ),
    # acquisition links
    "externalcontact/customer_acquisition/create_link": Case(
        "acquisition.create",
        lambda s: given(LinkSpec("门店", users=["lin"])),
        lambda s, r: s.wecom.acquisition.get(r.link_id).link.url == r.url,
    ),
    "externalcontact/customer_acquisition/get": Case(
        "acquisition.get", lambda s: given(s.link), lambda s, r: r.link.link_name == "门店"
    ),
    "externalcontact/customer_acquisition/list_link": Case(
        "acquisition.links", lambda s: after(s.link, given()), lambda s, r: r == [s.link]
    ),
    "externalcontact/customer_acquisition/update_link": Case(
        "acquisition.update",
        lambda s: given(s.link, LinkSpec("新店", users=["wang"])),
        lambda s, r: s.link_now.link.link_name == "新店",
    ),
    "externalcontact/customer_acquisition/delete_link": Case(
        "acquisition.delete", lambda s: given(s.link), lambda s, r: list(s.wecom.acquisition.links()) == []
    ),
    "externalcontact/customer_acquisition/customer": Case(
        "acquisition.customers",
        lambda s: after(s.acquired, given(s.link)),
        lambda s, r: [one.external_userid for one in r] == [s.acquired],
    ),
    "externalcontact/customer_acquisition/statistic": Case(
        "acquisition.statistic",
        lambda s: after(s.acquired, given(s.link, *s.hours)),
        lambda s, r: (r.new_customer_cnt, r.click_link_customer_cnt) == (1, 1),
    ),
    "externalcontact/customer_acquisition/get_chat_info": Case(
        "acquisition.chat_info",
        lambda s: given(s.chat_key),
        lambda s, r: (r.external_userid, r.userid) == (s.acquired, "lin"),
    ),
    "externalcontact/customer_acquisition_quota": Case(
        "acquisition.quota", lambda s: given(), lambda s, r: r.balance >= 0 and r.total >= 0
    ),
    # the same person under another name
    "externalcontact/convert_to_openid": Case("ids.openid", lambda s: given(s.friend), lambda s, r: r.startswith("o")),
    "idconvert/convert_tmp_external_userid": Case(
        "ids.from_tmp",
        lambda s: given(list(s.do("ids/tmp", external_userids=[s.friend])["ids"].values()), 1),
        lambda s, r: [one.external_userid for one in r.results] == [s.friend],
    ),
    "batch/openuserid_to_userid": Case(
        "ids.userids",
        lambda s: given([_service(s, "userids", "lin")], 1),
        lambda s, r: [one.userid for one in r.userid_list] == ["lin"],
    ),
    "externalcontact/from_service_external_userid": Case(
        "ids.from_service",
        lambda s: given(_service(s, "external_userids", s.friend), 1),
        lambda s, r: r == s.friend,
    ),
    "externalcontact/to_service_external_userid": Case(
        "ids.to_service", lambda s: given(s.friend), lambda s, r: bool(r) and r != s.friend
    ),
    "externalcontact/get_new_external_userid": Case(
        "ids.renewed",
        lambda s: given(list(s.do("ids/old", external_userids=[s.friend])["ids"].values())),
        lambda s, r: [one.new_external_userid for one in r] == [s.friend],
    ),
}
