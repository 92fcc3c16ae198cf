"""A new user on an empty installation: the wizard, one wrong value after another, each named where it is mended."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from scrm import tasks
from scrm.rehearsal.sandbox import Sandbox
from staff.models import Staff, User
from tests.cast import AES_KEY, PASSWORD
from wecom import callback
from wecom.models import Corp

pytestmark = pytest.mark.browser
CORPID, SECRET, AGENT = "wwwizard00000001", "secret-of-the-wizard", 1000017
OTHER_KEY = "B" * 42 + "A"
CODE = re.compile(r"\b[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){2}\b")


@pytest.fixture
def console(sandbox_url: str) -> Sandbox:
    """WeCom's side: a corp of which we know nothing yet. Nothing in it is as it should be, but its credentials."""
    callback._noted.clear()
    controls = Sandbox(sandbox_url, CORPID)
    controls.call(
        "POST",
        "corps",
        corpid=CORPID,
        name="向导门店",
        agentid=AGENT,
        secret=SECRET,
        token="consoleToken",
        aes_key=AES_KEY,
        callback_url="",
        trusted_ips=["203.0.113.9"],
        customer_api=False,
        redirect_domain="old.example.com",
        staff=[
            {"userid": "lin", "name": "林小雨", "department": [1], "visible": False, "external": False},
            {"userid": "wang", "name": "王磊", "department": [1], "visible": False, "external": False},
        ],
    )
    yield controls
    controls.session.close()


@pytest.fixture
def workers(monkeypatch) -> list[tuple]:
    """What was handed to Celery: the test plays the worker."""
    handed: list[tuple] = []
    monkeypatch.setattr(tasks.sync_corp, "delay", lambda *given, **named: handed.append((given, named)))
    return handed


def line(page: Page, check: str) -> Locator:
    return page.locator(f'[data-check="{check}"]')


def again(page: Page, check: str) -> None:
    line(page, check).get_by_role("button").click()


def make_first_admin(page: Page, caplog) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup/admin/"))
    (code,) = CODE.findall(caplog.text)
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_label("Set-up code").fill("AAAA-BBBB-CCCC")
    page.get_by_role("button", name="Make the admin").click()
    expect(page.locator("#id_code_error")).to_contain_text("not the newest code")
    page.get_by_label("Set-up code").fill(code)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Make the admin").click()


def try_credentials(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"#id_{name}").fill(value)
    page.get_by_role("button", name="Try and go on").click()


def enter_credentials(page: Page, sandbox_url: str) -> None:
    """One wrong value after another; each is named at its field, and at no other."""
    expect(page).to_have_url(re.compile("/setup/new/"))
    page.get_by_text("More", exact=True).click()
    right = {"name": "向导门店", "corpid": CORPID, "agentid": str(AGENT), "secret": SECRET}
    errors = page.locator(".field-error")
    try_credentials(page, **right, api_base_url="http://127.0.0.1:9")
    expect(page.locator("#id_api_base_url_error")).to_contain_text("cannot be reached")
    try_credentials(page, corpid="wwnobody", secret=SECRET, api_base_url=sandbox_url)
    expect(page.locator("#id_corpid_error")).to_contain_text("企业ID")
    expect(errors).to_have_count(1)
    try_credentials(page, corpid=CORPID, secret="not-the-secret")
    expect(page.locator("#id_secret_error")).to_contain_text("40001")
    expect(errors).to_have_count(1)
    expect(page.locator("#id_name")).to_have_value("向导门店")
    assert "not-the-secret" not in page.content()


def test_an_empty_installation_is_led_to_a_synced_corp(
    page: Page, live: str, console: Sandbox, sandbox_url: str, workers: list[tuple], caplog
) -> None:
    make_first_admin(page, caplog)
    enter_credentials(page, sandbox_url)

    # the agent id can be told from a wrong one only by a caller whom WeCom trusts
    console.call("POST", "corps", corpid=CORPID, trusted_ips=[])
    try_credentials(page, secret=SECRET, agentid="1000099")
    expect(page.locator("#id_agentid_error")).to_contain_text("not agent 1000099")
    assert not Corp.objects.exists()
    console.call("POST", "corps", corpid=CORPID, trusted_ips=["203.0.113.9"])
    try_credentials(page, secret=SECRET, agentid=str(AGENT))
    expect(page).to_have_url(re.compile("/setup/callback/"))
    expect(page.locator(".toast-warning")).to_contain_text("127.0.0.1")

    set_up_callback(page, console)
    mend_permissions(page, console, live)
    first_sync(page, workers)
    assert User.objects.get().username == "boss"
    assert sorted(Staff.objects.values_list("userid", flat=True)) == ["lin", "wang"]


def set_up_callback(page: Page, console: Sandbox) -> None:
    """The console refuses what does not fit, and the page says which of the three it was."""
    url, token, key = (page.locator(f"#copy-{name}").inner_text() for name in ("url", "token", "aes-key"))
    expect(line(page, "callback")).to_contain_text("Neither a check of the URL nor an event has arrived")

    wrong = console.corp("POST", "callback", callback_url=url, token="aWrongToken", aes_key=key)
    assert (wrong["ok"], wrong["answer"]) == (False, "HTTP 403")
    expect(line(page, "token")).to_have_attribute("data-state", "fail")
    expect(line(page, "token")).to_contain_text("接收消息")
    expect(line(page, "aes-key")).not_to_have_attribute("data-state", "fail")

    wrong = console.corp("POST", "callback", callback_url=url, token=token, aes_key=OTHER_KEY)
    assert (wrong["ok"], wrong["answer"]) == (False, "HTTP 403")
    expect(line(page, "aes-key")).to_have_attribute("data-state", "fail")
    expect(line(page, "token")).not_to_have_attribute("data-state", "fail")

    console.call("POST", "corps", corpid=CORPID, callback_url="http://127.0.0.1:9/", token=token, aes_key=key)
    expect(line(page, "callback")).to_contain_text("The check of http://127.0.0.1:9/ failed")

    page.goto("/")  # left, and found again
    page.goto("/setup/")
    expect(page).to_have_url(re.compile("/setup/callback/"))
    assert console.corp("POST", "callback", callback_url=url, token=token, aes_key=key)["ok"]
    expect(line(page, "callback")).to_have_attribute("data-state", "ok")
    expect(page.locator("#lines")).to_contain_text("WeCom reaches us")
    page.reload()
    assert page.locator("#copy-token").count() == 0
    page.get_by_role("link", name="Go on").click()


def mend_permissions(page: Page, console: Sandbox, live: str) -> None:
    """Each line is mended in the console and tested again by itself."""
    ip = line(page, "trusted IP")
    expect(ip).to_have_attribute("data-state", "fail")
    expect(ip).to_contain_text("127.0.0.1")
    expect(ip).to_contain_text("企业可信IP")
    expect(line(page, "customer contact")).to_have_attribute("data-state", "wait")
    console.call("POST", "corps", corpid=CORPID, trusted_ips=["127.0.0.1"])
    again(page, "trusted IP")
    expect(line(page, "trusted IP")).to_have_attribute("data-state", "ok")

    again(page, "visible range")
    expect(line(page, "visible range")).to_have_attribute("data-state", "fail")
    expect(line(page, "visible range")).to_contain_text("可见范围")
    seen = [
        {"userid": "lin", "name": "林小雨", "external": False},
        {"userid": "wang", "name": "王磊", "external": False},
    ]
    console.call("POST", "corps", corpid=CORPID, staff=seen)
    again(page, "visible range")
    expect(line(page, "visible range")).to_have_attribute("data-state", "ok")

    again(page, "customer contact")
    expect(line(page, "customer contact")).to_contain_text("可调用接口的应用")
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Start the first sync").click()
    expect(page).to_have_url(re.compile("/setup/access/"))  # a sync that must fail is not begun
    console.call("POST", "corps", corpid=CORPID, customer_api=True)
    again(page, "customer contact")
    expect(line(page, "customer contact")).to_have_attribute("data-state", "ok")

    again(page, "members with customers")
    expect(line(page, "members with customers")).to_contain_text("权限配置")
    console.call("POST", "corps", corpid=CORPID, staff=[{**member, "external": True} for member in seen])
    again(page, "members with customers")
    expect(line(page, "members with customers")).to_have_attribute("data-state", "ok")

    again(page, "login domain")
    expect(line(page, "login domain")).to_contain_text("old.example.com")
    console.call("POST", "corps", corpid=CORPID, redirect_domain=live.removeprefix("http://"))
    again(page, "login domain")
    expect(line(page, "login domain")).to_have_attribute("data-state", "ok")
    page.get_by_role("button", name="Check again").click()
    expect(page.locator('#lines [data-state="ok"]')).to_have_count(7)
    page.get_by_role("link", name="Go on").click()


def first_sync(page: Page, workers: list[tuple]) -> None:
    page.get_by_role("button", name="Start the first sync").click()
    expect(page.locator("#runs")).to_contain_text("A worker takes this up")
    ((given, named),) = workers
    tasks.sync_corp(*given, **named)
    expect(page.locator("#runs")).to_contain_text("Everything is here")
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="The corp is connected")).to_be_visible()
    page.get_by_role("link", name="To the home page").click()
    expect(page.locator(".page-title")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_step_fits_its_window(page_as, superuser: User, sandbox: Sandbox, width: int) -> None:
    page = page_as(superuser)
    page.set_viewport_size({"width": width, "height": 900})
    sandbox.call("POST", "corps", corpid=sandbox.corpid, trusted_ips=["203.0.113.9"])
    for path in ("new", "corp", "callback", "access", "sync", "done"):
        page.goto(f"/setup/{path}/")
        expect(page.locator("[aria-current=step]")).to_be_visible()
        if path == "access":
            expect(line(page, "trusted IP")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
