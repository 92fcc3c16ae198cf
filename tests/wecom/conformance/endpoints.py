"""Every endpoint of WeCom's documents that customer management and outreach need, by area, with its page.

`not_ours` says why a self-built app cannot call it; `note` what the reader of the table should know.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    doc: str
    note: str = ""
    not_ours: str = ""


def get(path: str, doc: int, note: str = "") -> Endpoint:
    return Endpoint("GET", path, str(doc), note)


def post(path: str, doc: int, note: str = "", not_ours: str = "") -> Endpoint:
    return Endpoint("POST", path, str(doc), note, not_ours)


def ec(path: str, doc: int, note: str = "") -> Endpoint:
    return post(f"externalcontact/{path}", doc, note)


AREAS: dict[str, list[Endpoint]] = {
    "Token and addresses": [
        get("gettoken", 91039),
        get("getcallbackip", 90930),
        get("get_api_domain_ip", 92520),
    ],
    "Members and departments": [
        get("department/list", 90208),
        get("department/simplelist", 95350),
        get("department/get", 95351),
        get("user/simplelist", 90200),
        get("user/list", 90201),
        post("user/list_id", 96067, "with the secret of the contact-sync helper"),
        get("user/get", 90196),
        post("user/getuserid", 95402),
        post("user/get_userid_by_email", 95895),
        get("agent/get", 90227),
    ],
    "Customers": [
        get("externalcontact/get_follow_user_list", 92571),
        get("externalcontact/list", 92113),
        get("externalcontact/get", 92114),
        ec("batch/get_by_user", 92994),
        ec("remark", 92115),
        ec("contact_list", 99434),
    ],
    "Tags": [
        ec("get_corp_tag_list", 92117),
        ec("add_corp_tag", 92117),
        ec("edit_corp_tag", 92117),
        ec("del_corp_tag", 92117),
        ec("mark_tag", 92118),
        ec("get_strategy_tag_list", 94882),
        ec("add_strategy_tag", 94882),
        ec("edit_strategy_tag", 94882),
        ec("del_strategy_tag", 94882),
    ],
    "Contact ways": [
        ec("add_contact_way", 92228),
        ec("get_contact_way", 92228),
        ec("list_contact_way", 92228),
        ec("update_contact_way", 92228),
        ec("del_contact_way", 92228),
        ec("close_temp_chat", 92228),
    ],
    "Acquisition links": [
        ec("customer_acquisition/list_link", 97297),
        ec("customer_acquisition/get", 97297),
        ec("customer_acquisition/create_link", 97297),
        ec("customer_acquisition/update_link", 97297),
        ec("customer_acquisition/delete_link", 97297),
        ec("customer_acquisition/customer", 97298),
        ec("customer_acquisition/statistic", 97375),
        ec("customer_acquisition/get_chat_info", 100130),
        get("externalcontact/customer_acquisition_quota", 97375),
    ],
    "Groups": [
        ec("groupchat/list", 92120),
        ec("groupchat/get", 92122),
        ec("opengid_to_chatid", 94822),
        ec("groupchat/add_join_way", 92229),
        ec("groupchat/get_join_way", 92229),
        ec("groupchat/update_join_way", 92229),
        ec("groupchat/del_join_way", 92229),
        ec("group_welcome_template/add", 92366),
        ec("group_welcome_template/edit", 92366),
        ec("group_welcome_template/get", 92366),
        ec("group_welcome_template/del", 92366),
        ec("groupchat/statistic", 92133),
        ec("groupchat/statistic_group_by_day", 92133),
        ec("groupchat/transfer", 92127),
        ec("groupchat/onjob_transfer", 95703),
    ],
    "Mass sends and welcome messages": [
        ec("add_msg_template", 92135),
        ec("remind_groupmsg_send", 97610),
        ec("cancel_groupmsg_send", 97611),
        ec("get_groupmsg_list_v2", 93338),
        ec("get_groupmsg_task", 93338),
        ec("get_groupmsg_send_result", 93338),
        ec("send_welcome_msg", 92137),
    ],
    "Moments": [
        ec("add_moment_task", 95094),
        get("externalcontact/get_moment_task_result", 95094),
        ec("cancel_moment_task", 97612),
        ec("get_moment_list", 93333),
        ec("get_moment_task", 93333),
        ec("get_moment_customer_list", 93333),
        ec("get_moment_send_result", 93333),
        ec("get_moment_comments", 93333),
    ],
    "Messages to staff": [
        post("message/send", 90236),
        post("message/recall", 94867),
        post("message/update_template_card", 94888),
    ],
    "Inheritance": [
        ec("transfer_customer", 92125),
        ec("transfer_result", 94088),
        ec("resigned/transfer_customer", 94081),
        ec("resigned/transfer_result", 94082),
        ec("get_unassigned_list", 92124),
    ],
    "Behaviour of members": [
        ec("get_user_behavior_data", 92132),
    ],
    "Login and pages": [
        get("auth/getuserinfo", 91023),
        post("auth/getuserdetail", 95833),
        get("get_jsapi_ticket", 90506),
        get("ticket/get", 90506),
    ],
    "Payments": [
        post("externalpay/get_bill_list", 93667),
        post("externalpay/get_payment_info", 95944),
        post("externalpay/get_fund_flow", 98100),
    ],
    "Product album": [
        ec("add_product_album", 95096),
        ec("get_product_album", 95096),
        ec("get_product_album_list", 95096),
        ec("update_product_album", 95096),
        ec("delete_product_album", 95096),
    ],
    "Intercept rules": [
        ec("add_intercept_rule", 95097),
        get("externalcontact/get_intercept_rule_list", 95097),
        ec("get_intercept_rule", 95097),
        ec("update_intercept_rule", 95097),
        ec("del_intercept_rule", 95097),
    ],
    "Media": [
        post("media/upload", 90253),
        post("media/uploadimg", 90256),
        post("media/upload_attachment", 95098),
        get("media/get", 90254),
        post("media/upload_by_url", 96219),
        post("media/get_upload_by_url_result", 96219),
    ],
    "Conversion of ids": [
        ec("convert_to_openid", 92323),
        post("idconvert/convert_tmp_external_userid", 98729),
        post("batch/openuserid_to_userid", 95884),
        ec("from_service_external_userid", 95884),
        ec("to_service_external_userid", 95195),
        Endpoint("POST", "externalcontact/get_new_external_userid", "", "ids from before the corp's migration"),
        post(
            "idconvert/unionid_to_external_userid",
            95926,
            not_ours="Only third-party apps and apps that a service provider develops may call it. "
            "A self-built app reads the unionid from `externalcontact/get`.",
        ),
    ],
}
EVERY = {endpoint.path: endpoint for area in AREAS.values() for endpoint in area}
OURS = {path: endpoint for path, endpoint in EVERY.items() if not endpoint.not_ours}
