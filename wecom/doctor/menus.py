"""Paths through the menus of WeCom's admin console (work.weixin.qq.com), under the names that its pages show."""

from django.utils.translation import gettext as _


def corpid() -> str:
    return _("My Company (我的企业) → Company Information (企业信息) → Company ID (企业ID)")


def secret() -> str:
    return _("App Management (应用管理) → Self-built (自建) → the app → Secret → View (查看)")


def agentid() -> str:
    return _("App Management (应用管理) → Self-built (自建) → the app → AgentId")


def enabling() -> str:
    return _("App Management (应用管理) → Self-built (自建) → the app → Enable (启用)")


def trusted_ip() -> str:
    return _(
        "App Management (应用管理) → Self-built (自建) → the app → Trusted company IPs (企业可信IP) → Configure (配置)"
    )


def visible_range() -> str:
    return _("App Management (应用管理) → Self-built (自建) → the app → Visible range (可见范围)")


def customer_api() -> str:
    return _(
        "Customers & Partners (客户与上下游) → Customer Contact (客户联系) → Customers (客户) → API → "
        "Apps that may call the interface (可调用接口的应用)"
    )


def members() -> str:
    return _(
        "Customers & Partners (客户与上下游) → Customer Contact (客户联系) → Permissions (权限配置) → "
        "Range of use (使用范围)"
    )


def callback() -> str:
    return _(
        "App Management (应用管理) → Self-built (自建) → the app → Receive messages (接收消息) → "
        "Set API reception (设置API接收)"
    )


def login_domain() -> str:
    return _(
        "App Management (应用管理) → Self-built (自建) → the app → Web authorisation and JS-SDK (网页授权及JS-SDK) → "
        "Trusted domain (可信域名); and Log in with WeCom (企业微信授权登录) → Web page (Web网页)"
    )
