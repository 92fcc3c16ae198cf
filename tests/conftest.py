"""Real PostgreSQL and Valkey, no network but loopback, warnings are errors, and a fixed cast."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
_descriptors: list[int] = []


def _own_folder() -> Path:
    """A VAR_DIR, servers included, that no other test process uses now; kept between runs, for a cluster takes time.

    `make test` runs several processes: their parent holds the folder, each of them a part of it.
    """
    given = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()
    part = os.environ.get("PYTEST_XDIST_WORKER")
    base = given / (part or "test")
    base.mkdir(parents=True, exist_ok=True)
    if part:
        return base
    handle = os.open(base / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)
    _descriptors.append(handle)  # holds the lock until this process ends
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        base = Path(tempfile.mkdtemp(prefix="scrm-test-"))
        atexit.register(shutil.rmtree, base, ignore_errors=True)  # runs after the servers are stopped
    return base


# Settings come from the environment, so it must be the tests' own before Django reads them. This is why they are
# named here and not in pyproject.toml, from where pytest-django would load them earlier.
for _name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "DEBUG", "ALLOWED_HOSTS", "HTTPS"):
    os.environ.pop(_name, None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "scrm.settings",
    "VAR_DIR": str(_own_folder()),
    "EMBEDDED_FSYNC": "off",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright's own event loop runs in the tests' thread
    "LOG_LEVEL": "INFO",
}
django.setup()


def pytest_xdist_setupnodes() -> None:
    """Each process of `make test` reads the settings from its own conftest, not earlier from what is ours."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


from customers.models import Customer  # noqa: E402
from scrm.rehearsal.sandbox import Sandbox  # noqa: E402
from staff.models import Department, Role, Staff, User  # noqa: E402
from tests import cast, stage  # noqa: E402
from wecom import clock, transport  # noqa: E402
from wecom.models import Corp  # noqa: E402


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    """Close the pooled connections to the servers that only this test knew: they are files, and files run out."""
    yield
    for session in transport._sessions.values():
        session.close()
    transport._sessions.clear()


@pytest.fixture(autouse=True)
def _quick_and_quiet(settings, tmp_path: Path) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SYNC_READERS = 1  # no threads: another connection does not see what a test's transaction holds


@pytest.fixture
def corp(db: None) -> Corp:
    return cast.make_corp()


@pytest.fixture
def headquarters(corp: Corp) -> Department:
    return cast.make_department(corp, "总部", 1)


@pytest.fixture
def shop_a(corp: Corp, headquarters: Department) -> Department:
    return cast.make_department(corp, "一店", 2, headquarters)


@pytest.fixture
def shop_b(corp: Corp, headquarters: Department) -> Department:
    return cast.make_department(corp, "二店", 3, headquarters)


@pytest.fixture
def lin(corp: Corp, shop_a: Department) -> Staff:
    """Frontline, shop A."""
    return cast.make_staff(corp, "lin", department=shop_a, name="林小雨")


@pytest.fixture
def wang(corp: Corp, shop_b: Department) -> Staff:
    """Frontline, shop B."""
    return cast.make_staff(corp, "wang", department=shop_b, name="王磊")


@pytest.fixture
def admin(corp: Corp) -> User:
    return cast.make_user(corp, "admin", Role.ADMIN)


@pytest.fixture
def operator(corp: Corp) -> User:
    return cast.make_user(corp, "operator", Role.OPERATOR)


@pytest.fixture
def lin_user(lin: Staff) -> User:
    return cast.make_user(lin.corp, "lin", staff=lin)


@pytest.fixture
def wang_user(wang: Staff) -> User:
    return cast.make_user(wang.corp, "wang", staff=wang)


@pytest.fixture
def superuser(db: None) -> User:
    """Belongs to no corp and sees every one."""
    return cast.make_user(None, "root", Role.ADMIN, is_superuser=True, is_staff=True)


@pytest.fixture
def zhang(lin: Staff) -> Customer:
    """Served by Lin."""
    return cast.make_customer(lin, "张三")


@pytest.fixture
def li(wang: Staff) -> Customer:
    """Served by Wang."""
    return cast.make_customer(wang, "李四")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """`signed_in(user)` is a browser in which that user has logged in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="staff.backends.StaffBackend")
        return client

    return sign_in


# ---- the stage: a sandbox, a live server, a browser -----------------------------------------------------------------
@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stage.sandbox_process(tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3") as url:
        yield url


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, sandbox_url: str, corp: Corp) -> Iterator[Sandbox]:
    """The sandbox with `corp` in it: the cast's departments and staff, callbacks to `live` where a test uses that."""
    corp.is_sandbox, corp.api_base_url = True, sandbox_url
    corp.save(update_fields=["is_sandbox", "api_base_url"])
    live = request.getfixturevalue("live") if "live" in request.fixturenames else ""
    controls = Sandbox(sandbox_url, corp.corpid)
    controls.call(
        "POST",
        "corps",
        corpid=corp.corpid,
        name=corp.name,
        agentid=corp.agentid,
        secret=corp.secret,
        token=corp.callback_token,
        aes_key=corp.aes_key,
        callback_url=f"{live}/wecom/callback/{corp.corpid}/" if live else "",
        departments=[{"id": 2, "name": "一店", "parentid": 1}, {"id": 3, "name": "二店", "parentid": 1}],
        staff=[
            {"userid": "lin", "name": "林小雨", "department": [2]},
            {"userid": "wang", "name": "王磊", "department": [3]},
        ],
    )
    yield controls
    controls.call("DELETE", "faults")
    controls.call("POST", "clock", set=datetime.now(UTC).isoformat())
    clock.forget()
    controls.session.close()


@pytest.fixture
def live(transactional_db: None) -> Iterator[str]:
    """The URL of a real server on the tests' database."""
    with stage.live_server() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with stage.chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, live: str) -> Iterator[Page]:
    with stage.page_of(browser, live) as page:
        yield page


@pytest.fixture
def page_as(page: Page, live: str, signed_in: Callable[[User], Client]) -> Callable[[User], Page]:
    """`page_as(user)` is the page with that user logged in."""

    def sign_in(user: User) -> Page:
        cookie = signed_in(user).cookies["sessionid"]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live}])
        return page

    return sign_in
