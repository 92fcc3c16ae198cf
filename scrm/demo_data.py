"""What a visitor of the demo finds: the sandbox's corp, people who can log in, and a first sync."""

from dataclasses import dataclass
from datetime import time

from django.utils.translation import gettext as _

from scrm import demo_shop
from scrm.syncing import sync_corp
from staff.models import Role, Staff, User
from wecom.models import Corp

CORPID = "ww5a0d0b0c0d0e0f01"
CREDENTIALS = {
    "agentid": 1000002,
    "secret": "sandbox-secret-0000000000000000000000000000",
    "callback_token": "sandboxToken01",
    "aes_key": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA",
}
PASSWORD = "sandbox-demo"  # noqa: S105  opens a corp that exists only on this machine
MIDNIGHT = time(0)  # from midnight to midnight: no quiet hours, for a visitor may come at night


@dataclass(frozen=True)
class Login:
    username: str
    password: str
    about: str


def prepare(sandbox_url: str) -> list[Login]:
    """Make or repair the demo's corp and logins; done again at each start. Returns who may log in."""
    corp = connect(sandbox_url)
    sync_corp(corp)
    first, second = Staff.objects.of(corp).active().filter(serves_customers=True).order_by("userid")[:2]
    logins = [
        login(corp, "admin", Role.ADMIN, None),
        login(corp, "operator", Role.OPERATOR, None),
        login(corp, first.userid, Role.FRONTLINE, first),
        login(corp, second.userid, Role.FRONTLINE, second),
    ]
    demo_shop.furnish(corp, User.objects.get(username="operator"))
    return logins


def connect(sandbox_url: str) -> Corp:
    corp = Corp.objects.filter(corpid=CORPID).first() or Corp(corpid=CORPID, quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)
    corp.name, corp.is_sandbox, corp.api_base_url = "沙箱门店", True, sandbox_url
    corp.set_credentials(**CREDENTIALS)
    return corp


def login(corp: Corp, username: str, role: Role, staff: Staff | None) -> Login:
    user, _created = User.objects.get_or_create(username=username, defaults={"corp": corp, "role": role})
    user.corp, user.role, user.staff, user.is_active = corp, role, staff, True
    user.is_staff = user.is_superuser = role == Role.ADMIN  # the Django admin, for support work
    if not user.check_password(PASSWORD):  # setting it anew would end the sessions of the last demo
        user.set_password(PASSWORD)
    user.save()
    about = str(role.label) if staff is None else _("%(role)s: %(name)s") % {"role": role.label, "name": staff.name}
    return Login(username, PASSWORD, about)
