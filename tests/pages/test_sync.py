"""Syncs one can watch: how each kind stands, what was found different, starting, stopping and resuming."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import Customer, Follow, FollowStatus
from scrm import sync_words, wording
from scrm.rehearsal.sandbox import Sandbox
from scrm.syncing import JOBS
from staff.models import AuditEntry, Staff, User
from tests import cast
from tests.acts import arrive, console_tags, drop, edit, sync
from tests.pages.counting import queries
from wecom.errors import ErrorKind, WeComError
from wecom.models import Corp, SyncRun

LIST = "externalcontact/list"


@pytest.fixture
def desk(admin: User, signed_in) -> Client:
    return signed_in(admin)


def html_of(desk: Client) -> str:
    return desk.get(reverse("system_sync")).content.decode()


def test_before_the_first_sync_every_kind_says_so(desk: Client, corp: Corp) -> None:
    html = html_of(desk)
    assert html.count("never yet") == len(JOBS) == len(sync_words.KINDS)


def test_a_running_sync_shows_where_it_is(desk: Client, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers", started_by="王店长", then=["groups"])
    lanes = [{"group": ["lin"], "page": "x", "again": 0}, {"group": ["wang"], "page": "", "again": 0}]
    run.advance(
        phase="customers", done=3000, total=12000, cursor={"after": "wang", "lanes": lanes, "late": []}, added=7
    )
    SyncRun.objects.update(measured_at=run.heartbeat_at - timedelta(seconds=10))
    html = html_of(desk)
    for text in (
        'value="25"',
        "3,000 / ",
        "12,000",
        "300 per second",
        "less than a minute left",
        "2 groups under way",
    ):
        assert text in html
    for text in ("王店长", "comes next", '<span class="code">wang</span>', "every 2s"):
        assert text in html
    run.finish()
    after = html_of(desk)
    assert "every 2s" not in after
    assert "comes next" not in after
    assert "7 added, 0 changed, 0 gone" in after


def test_a_sync_that_was_just_asked_for_is_looked_out_for(desk: Client, corp: Corp) -> None:
    address = reverse("system_sync")
    assert "every 2s" in desk.get(address, {"begun": int(time.time())}).content.decode()
    for begun in (int(time.time()) - 60, "x", "9" * 30, "-1", "٣"):
        assert "every 2s" not in desk.get(address, {"begun": begun}).content.decode()


def test_what_renews_itself_stays_on_its_page_of_the_list(desk: Client, corp: Corp) -> None:
    runs = [SyncRun.start(corp, "tags", subject=str(n)) for n in range(25)]
    html = desk.get(reverse("system_sync"), {"after": runs[5].pk}).content.decode()
    assert f'hx-get="/system/sync/?after={runs[5].pk}"' in html
    assert html.count("<tr>") == 1 + 5


def test_htmx_gets_the_part_that_renews_itself(desk: Client, corp: Corp) -> None:
    part = desk.get(reverse("system_sync"), headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="runs"')


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (ErrorKind.LIMIT, 45009, "frequency limit is used up"),
        (ErrorKind.CONFIG, 60020, "not among the app&#x27;s trusted IPs"),
        (ErrorKind.CONFIG, 43009, "refuses this app&#x27;s calls"),
        (ErrorKind.RETRY, 45033, "busy or cannot be reached"),
        (ErrorKind.RETRY, None, "busy or cannot be reached"),
        (ErrorKind.UNKNOWN, None, "could not be read"),
        (ErrorKind.PERMANENT, 40058, "did not accept a call (40058)"),
    ],
)
def test_the_last_error_stands_there_in_plain_words(
    desk: Client, corp: Corp, kind: ErrorKind, code: int | None, said: str
) -> None:
    run = SyncRun.start(corp, "customers")
    run.fail(WeComError(code, "<b>hint</b>", kind, LIST, timezone.now() if kind is ErrorKind.LIMIT else None))
    html = html_of(desk)
    assert said in html
    assert "<b>hint</b>" not in html
    assert ("/system/credentials/" in html.partition("sync-trouble")[2]) == (kind is ErrorKind.CONFIG)
    assert "Resume" in html


def test_what_a_running_sync_waits_for_is_no_alarm(desk: Client, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers")
    until = timezone.now() + timedelta(minutes=1)
    run.beat(WeComError(45009, "api freq out of limit", ErrorKind.LIMIT, LIST, until))
    html = html_of(desk)
    assert "sync-trouble-wait" in html
    assert f"goes on by itself at {timezone.localtime(until):%H:%M}" in html


def test_a_sync_whose_process_died_says_so(desk: Client, corp: Corp) -> None:
    SyncRun.start(corp, "customers")
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    assert "its process has ended" in html_of(desk)


def test_an_error_of_our_own_says_so(desk: Client, corp: Corp) -> None:
    SyncRun.start(corp, "tags").fail("KeyError: '<x>'")
    html = html_of(desk)
    assert "an error of our own" in html
    assert "&lt;x&gt;" in html


def test_every_phase_and_kind_has_a_name(sandbox: Sandbox, corp: Corp, monkeypatch) -> None:
    phases = set()
    advance = SyncRun.advance

    def listening(run: SyncRun, **changes) -> None:
        advance(run, **changes)
        phases.add(run.phase)

    monkeypatch.setattr(SyncRun, "advance", listening)
    sync(corp, *JOBS)
    assert phases - {""} <= wording.PHASES.keys()
    assert len(phases) > 5


def test_the_report_leads_to_what_was_different(desk: Client, sandbox: Sandbox, corp: Corp, lin: Staff) -> None:
    stays, goes = arrive(sandbox, "lin", "留下的"), arrive(sandbox, "lin", "走掉的")
    (tag,) = console_tags(sandbox, "等级", "金")
    first = sync(corp, "staff", "tags", "customers")
    html = desk.get(reverse("system_sync_report", args=[first.pk])).content.decode()
    assert "everything was new" in html
    edit(sandbox, "lin", stays, remark="老客", add_tag=[tag])
    drop(sandbox, "lin", goes)
    new = arrive(sandbox, "wang", "<script>新")
    html = desk.get(reverse("system_sync_report", args=[sync(corp).pk])).content.decode()
    assert "everything was new" not in html
    pks = {customer.external_userid: customer.pk for customer in Customer.objects.all()}
    places = [html.index(f'id="{sort}"') for sort in ("added", "changed", "gone")]
    added, changed, gone = html[places[0] : places[1]], html[places[1] : places[2]], html[places[2] :]
    assert reverse("customer", args=[pks[new]]) in added
    assert "&lt;script&gt;新" in added
    assert reverse("customer", args=[pks[stays]]) in changed
    assert "remark" in changed
    assert "tags" in changed
    assert reverse("customer", args=[pks[goes]]) in gone


@pytest.mark.parametrize("kind", list(JOBS))
def test_a_report_of_any_kind_survives_what_is_gone_since(desk: Client, corp: Corp, kind: str) -> None:
    run = SyncRun.start(corp, kind)
    nobody = [{"id": "7", "staff": "nobody", "fields": ["moon"]}, {"id": "8", "what": "department"}]
    run.advance(added=90, changed=1, gone=2, lost_listed=3, examples={"added": nobody, "gone": nobody})
    run.finish()
    html = desk.get(reverse("system_sync_report", args=[run.pk])).content.decode()
    assert "90" in html
    assert "and 88 more" in html


def test_a_report_without_differences_says_so(desk: Client, corp: Corp) -> None:
    run = SyncRun.start(corp, "tags")
    run.finish()
    assert "exactly what WeCom has" in desk.get(reverse("system_sync_report", args=[run.pk])).content.decode()


def test_a_report_takes_as_many_queries_for_twenty_as_for_one(desk: Client, corp: Corp, lin: Staff) -> None:
    def page_with(number: int) -> str:
        run = SyncRun.start(corp, "customers")
        people = [cast.make_customer(lin).external_userid for _ in range(number)]
        run.advance(added=number, examples={"added": [{"id": one, "staff": "lin"} for one in people]})
        run.finish()
        return reverse("system_sync_report", args=[run.pk])

    assert queries(desk, page_with(1)) == queries(desk, page_with(20))


def test_the_page_takes_as_many_queries_for_many_runs(desk: Client, corp: Corp) -> None:
    SyncRun.start(corp, "tags").finish()
    few = queries(desk, reverse("system_sync"))
    for kind in (*JOBS, *JOBS):
        SyncRun.start(corp, kind, then=["groups"]).fail("boom")
    assert queries(desk, reverse("system_sync")) == few


def test_reports_are_for_admins_of_their_corp(signed_in, desk: Client, operator: User, corp: Corp) -> None:
    run = SyncRun.start(corp, "tags")
    assert signed_in(operator).get(reverse("system_sync_report", args=[run.pk])).status_code == 403
    foreign = SyncRun.start(cast.make_corp(), "tags")
    assert desk.get(reverse("system_sync_report", args=[foreign.pk])).status_code == 404


def test_stopping_works_once(desk: Client, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers")
    address = reverse("system_sync_stop", args=[run.pk])
    assert desk.post(address).status_code == 302
    assert desk.post(address).status_code == 409
    run.refresh_from_db()
    assert run.status == SyncRun.Status.STOPPED
    assert AuditEntry.objects.filter(action="sync.stopped").count() == 1


def test_only_what_was_cut_short_is_resumed(desk: Client, corp: Corp) -> None:
    run = SyncRun.start(corp, "customers")
    assert desk.post(reverse("system_sync_resume", args=[run.pk])).status_code == 409
    foreign = SyncRun.start(cast.make_corp(), "customers")
    assert desk.post(reverse("system_sync_resume", args=[foreign.pk])).status_code == 404


def test_resuming_goes_on_at_the_cursor_and_with_what_was_to_follow(
    desk: Client, sandbox: Sandbox, corp: Corp, wang: Staff, settings
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    arrive(sandbox, "lin")
    arrive(sandbox, "wang")
    run = SyncRun.start(corp, "customers", then=["groups"])
    run.advance(phase="customers", cursor={"after": "lin", "lanes": [], "late": []})
    run.stop()
    desk.post(reverse("system_sync_resume", args=[run.pk]))
    run.refresh_from_db()
    assert run.status == SyncRun.Status.DONE
    assert SyncRun.objects.get(kind="groups").status == SyncRun.Status.DONE
    assert Follow.objects.get(status=FollowStatus.LIVE).staff == wang  # those of Lin, before the cursor, were done
    assert AuditEntry.objects.filter(action="sync.resumed").count() == 1


def test_a_started_sync_reaches_the_worker(signed_in, operator: User, sandbox: Sandbox, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    client = signed_in(operator)
    answer = client.post(reverse("system_sync_start"), {"kind": "tags", "next": "/tags/"})
    assert answer.headers["Location"] == "/tags/"
    assert AuditEntry.objects.get(action="sync.started").detail == {"kind": "tags"}


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil"])
def test_a_sync_leads_back_to_our_pages_only(desk: Client, corp: Corp, target: str) -> None:
    answer = desk.post(reverse("system_sync_start"), {"kind": "nonsense", "next": target})
    assert answer.headers["Location"] == reverse("system_sync")
    assert not AuditEntry.objects.exists()


def test_staff_start_nothing(signed_in, lin_user: User) -> None:
    for name in ("system_sync_start", "system_sync_staff"):
        assert signed_in(lin_user).post(reverse(name)).status_code == 403


# ---- in a browser ---------------------------------------------------------------------------------------------------
@pytest.mark.browser
def test_the_page_renews_itself_while_a_sync_runs(
    page_as: Callable[[User], Page], admin: User, live: str, corp: Corp
) -> None:
    run = SyncRun.start(corp, "customers")
    run.advance(phase="customers", done=10, total=100)
    screen = page_as(admin)
    screen.goto(f"{live}/system/sync/")
    card = screen.locator(".sync-card", has_text="running")
    expect(card).to_contain_text("10 %")
    run.advance(done=50)
    expect(card).to_contain_text("60 %")
    run.finish()
    expect(screen.locator(".sync-card", has_text="done")).to_contain_text("nothing: we had what WeCom has")


@pytest.mark.browser
def test_a_question_outlives_the_renewal(page_as: Callable[[User], Page], admin: User, live: str, corp: Corp) -> None:
    """Whoever thinks for some seconds before stopping a sync still stops it."""
    run = SyncRun.start(corp, "customers")
    screen = page_as(admin)
    screen.goto(f"{live}/system/sync/")
    screen.locator(".sync-card").get_by_role("button", name="Stop").click()
    with screen.expect_response(lambda response: response.url.endswith("/system/sync/")):
        pass
    screen.wait_for_timeout(200)
    screen.locator("#confirm").get_by_role("button", name="Stop").click()
    screen.wait_for_load_state("networkidle")
    expect(screen.locator(".sync-card", has_text="stopped")).to_have_count(1)
    run.refresh_from_db()
    assert run.status == "stopped"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_screen(
    page_as: Callable[[User], Page], admin: User, live: str, corp: Corp, lin: Staff, width: int
) -> None:
    run = SyncRun.start(corp, "customers", started_by="名字很长很长的店长" * 5, then=["groups"])
    who = [
        {
            "id": cast.make_customer(lin, "很长的名字" * 20).external_userid,
            "staff": "lin",
            "fields": ["tags", "remark"],
        }
    ]
    run.advance(phase="check", done=7, total=2000, cursor={"after": "x" * 64}, changed=1, examples={"changed": who})
    run.beat(WeComError(60020, "not allow to access from your ip " * 6, ErrorKind.CONFIG, LIST))
    SyncRun.start(corp, "customers", subject="y" * 64).fail(WeComError(45033, "busy", ErrorKind.RETRY, LIST))
    screen = page_as(admin)
    screen.set_viewport_size({"width": width, "height": 800})
    for address in (reverse("system_sync"), reverse("system_sync_report", args=[run.pk])):
        screen.goto(f"{live}{address}")
        assert screen.evaluate("document.documentElement.scrollWidth") <= width
