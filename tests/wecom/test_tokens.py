import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.utils import timezone

from wecom import clock, leases, tokens
from wecom.client import client_for
from wecom.errors import ErrorKind, WeComError
from wecom.models import AccessToken
from wecom.payloads import AccessTokenAnswer

FOLLOWERS = {"errcode": 0, "follow_user": ["lin"]}
READ = "externalcontact/get_follow_user_list"
ROOT = Path(__file__).resolve().parents[2]


def follow_users(corp):
    try:
        return client_for(corp).customers.follow_users()
    finally:
        if threading.current_thread() is not threading.main_thread():
            connections.close_all()


def numbered_tokens(slowly, seconds=0.0):
    """Answers of gettoken that differ, as after an early death of the token."""
    return [slowly(seconds, {"errcode": 0, "access_token": f"token-{n}", "expires_in": 7200}) for n in range(1, 30)]


@pytest.mark.django_db
def test_a_stored_token_serves_the_next_client_too(played_corp, played):
    played.default = [FOLLOWERS]
    assert follow_users(played_corp) == follow_users(played_corp) == ["lin"]
    assert len(played.to("gettoken")) == 1
    row = AccessToken.objects.get(corp=played_corp)
    assert (row.token, row.version, row.refreshing_until) == ("token-1", 1, None)
    assert "token-1" not in row.token_sealed


@pytest.mark.django_db
def test_a_token_is_left_a_minute_before_its_end(played_corp, played):
    played.default = [FOLLOWERS]
    follow_users(played_corp)
    with clock.at(clock.now() + timedelta(seconds=7130)):
        follow_users(played_corp)
    assert len(played.to("gettoken")) == 1
    with clock.at(clock.now() + timedelta(seconds=7150)):
        follow_users(played_corp)
    assert len(played.to("gettoken")) == 2


def test_a_very_short_life_is_used_for_its_first_half():
    now = timezone.now()
    assert leases.use_until(now, 10) == now + timedelta(seconds=5)
    assert leases.use_until(now, 7200) == now + timedelta(seconds=7140)


@pytest.mark.django_db(transaction=True)
def test_threads_that_find_no_token_make_one_call(played_corp, played, slowly):
    played.says("gettoken", *numbered_tokens(slowly, 0.3))
    played.says(READ, FOLLOWERS)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(follow_users, [played_corp] * 8)) == [["lin"]] * 8
    assert len(played.to("gettoken")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_burst_whose_token_died_refreshes_it_once(played_corp, played, slowly):
    played.says("gettoken", *numbered_tokens(slowly, 0.2))
    dead = {"errcode": 42001, "errmsg": "access_token expired"}
    played.says(READ, lambda request: dead if request.query["access_token"] == "token-1" else FOLLOWERS)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(follow_users, [played_corp] * 8)) == [["lin"]] * 8
    assert len(played.to("gettoken")) == 2


PROCESS = """
import django; django.setup()
from wecom.client import client_for
from wecom.models import Corp
print(client_for(Corp.objects.get()).customers.follow_users())
"""


def outputs_of_processes(count: int) -> list[str]:
    """What so many processes of our own print that each make one call, all at the same time."""
    database = connection.settings_dict
    query = f"?host={database['HOST']}" if database["HOST"].startswith("/") else ""
    host = "" if query else f"{database['HOST']}:{database['PORT']}"
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{host}/{database['NAME']}{query}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "SECRET_KEY": "for-this-test-only",
        "ENCRYPTION_KEYS": " ".join(django_settings.ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "scrm.settings",
        "HTTPS": "0",
    }
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    return [process.communicate(timeout=60)[0].splitlines()[-1] for process in running]  # the log comes first


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_no_token_make_one_call(played_corp, played, slowly):
    played.says("gettoken", *numbered_tokens(slowly, 3.0))
    played.says(READ, FOLLOWERS)
    assert outputs_of_processes(3) == ["['lin']"] * 3
    assert len(played.to("gettoken")) == 1


@pytest.mark.django_db(transaction=True)
def test_processes_whose_token_died_refresh_it_once(played_corp, played, slowly):
    played.says("gettoken", *numbered_tokens(slowly, 1.0))
    dead = {"errcode": 42001, "errmsg": "access_token expired"}
    played.says(READ, lambda request: dead if request.query["access_token"] == "token-1" else FOLLOWERS)
    tokens.renew(played_corp, 0, client_for(played_corp).fetch_access_token)
    assert outputs_of_processes(3) == ["['lin']"] * 3
    assert len(played.to("gettoken")) == 2


@pytest.mark.django_db
def test_a_failed_fetch_frees_the_lock_and_tells_why(played_corp, played):
    played.says("gettoken", 502)
    with pytest.raises(WeComError, match="502") as failure:
        follow_users(played_corp)
    assert (failure.value.kind, failure.value.fate_unknown) == (ErrorKind.RETRY, False)
    assert AccessToken.objects.get(corp=played_corp).refreshing_until is None
    played.says("gettoken", {"errcode": 0, "access_token": "late", "expires_in": 7200})
    played.says(READ, FOLLOWERS)
    assert follow_users(played_corp) == ["lin"]


@pytest.mark.django_db
def test_the_lease_of_a_dead_process_runs_out(corp):
    AccessToken.objects.create(corp=corp, refreshing_until=timezone.now() - timedelta(seconds=1))
    token = tokens.renew(corp, 0, lambda: AccessTokenAnswer("fresh"))
    assert (token.value, token.version) == ("fresh", 1)


@pytest.mark.django_db
def test_waiting_for_a_hanging_process_ends(corp, settings):
    AccessToken.objects.create(corp=corp, refreshing_until=timezone.now() + timedelta(hours=1))
    settings.WECOM_TIMEOUT = (-3, -0.5)  # a lease of half a second
    began = time.monotonic()
    with pytest.raises(WeComError, match="no access token") as failure:
        tokens.renew(corp, 0, lambda: AccessTokenAnswer("never"))
    assert failure.value.kind is ErrorKind.RETRY
    assert time.monotonic() - began < 5


@pytest.mark.django_db
def test_new_credentials_drop_the_old_token(played_corp, played):
    played.default = [FOLLOWERS]
    follow_users(played_corp)
    played_corp.set_credentials(secret="another")
    assert not AccessToken.objects.exists()


def test_a_token_does_not_show_itself():
    assert "value" not in repr(tokens.Token("value", 1))
