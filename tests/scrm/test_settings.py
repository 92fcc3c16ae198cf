"""Settings from the environment, read as a fresh process reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from scrm import env

ROOT = Path(__file__).resolve().parents[2]
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PRODUCTION = {
    "DATABASE_URL": "postgresql://scrm:p%40ss@db.example:6432/scrm?sslmode=require",
    "REDIS_URL": "redis://redis.example:6379/0",
    "SECRET_KEY": "l9V!x2#qPz7@wRt5^mNb3&kLs8*jHg4(dFe6)aYcUiOoQwEr1-and-more",
    "ENCRYPTION_KEYS": KEY,
    "ALLOWED_HOSTS": "scrm.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://scrm.example.com",
    "METRICS_TOKEN": "a-token-for-prometheus",
    "BEHIND_PROXY": "1",
}
OURS = {
    *PRODUCTION,
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "SITE_URL",
    "STAFF_LANGUAGE",
    "DEBUG",
    "HTTPS",
    "VAR_DIR",
    "WECOM_API_BASE_URL",
    "STATIC_ROOT",
    "LOG_LEVEL",
    "PGBOUNCER",
}


def run(tmp_path: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**clean, "VAR_DIR": str(tmp_path / "var"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def settings_of(tmp_path: Path, *names: str, **environment: str) -> dict[str, object]:
    program = (
        f"import json; from scrm import settings; print(json.dumps([getattr(settings, n) for n in {list(names)!r}]))"
    )
    answer = run(tmp_path, "-c", program, **environment)
    assert answer.returncode == 0, answer.stderr
    return dict(zip(names, json.loads(answer.stdout), strict=True))


def test_production_settings_pass_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    answer = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_a_fresh_clone_needs_no_environment(tmp_path: Path) -> None:
    answer = run(tmp_path, "manage.py", "check", "--fail-level", "WARNING")
    assert answer.returncode == 0, answer.stderr


def test_keys_of_a_local_installation_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = settings_of(tmp_path, "SECRET_KEY", "ENCRYPTION_KEYS")
    assert settings_of(tmp_path, "SECRET_KEY", "ENCRYPTION_KEYS") == first
    assert len(str(first["SECRET_KEY"])) == 44
    assert (tmp_path / "var/secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var/encryption_key").stat().st_mode & 0o777 == 0o600


def test_cookies_travel_only_over_https_in_production(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert all(settings_of(tmp_path, *names, **PRODUCTION).values())
    assert not any(settings_of(tmp_path, *names).values())


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("ENCRYPTION_KEYS", [], "ENCRYPTION_KEYS is not set"),
        ("ENCRYPTION_KEYS", [KEY, "short"], "ENCRYPTION_KEYS: key 2 is not 32 bytes"),
        ("EMBEDDED", ["valkey"], "Our own servers are in use: valkey."),
        ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS must not be empty"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS allows every host"),
        ("HTTPS", False, "HTTPS is off"),
        ("DEBUG", True, "DEBUG set to True"),
        ("METRICS_TOKEN", "", "METRICS_TOKEN is not set"),
        ("CSRF_TRUSTED_ORIGINS", ["scrm.example.com"], "has no scheme"),
        ("WECOM_API_BASE_URL", "http://qyapi.weixin.qq.com", "plain http"),
        ("WECOM_API_BASE_URL", "https://qyapi.weixin.qq.com/cgi-bin", "more than a host"),
        ("WECOM_API_BASE_URL", "qyapi.weixin.qq.com", "is no address"),
        ("WECOM_CALLBACKS", {"e.c": ["customers.callbacks.no_such_function"]}, "no_such_function"),
        ("WECOM_CALLBACKS", {"e.c": ["no_such_app.callbacks.changed"]}, "no_such_app"),
    ],
)
def test_the_deployment_check_names_what_is_wrong(settings: Any, name: str, value: object, sentence: str) -> None:
    settings.SANDBOX = False
    setattr(settings, name, value)
    found = [message for message in run_checks(include_deployment_checks=True) if sentence in message.msg]
    assert found
    assert all(message.hint for message in found if str(message.id).startswith("scrm."))


def test_a_failed_check_stops_the_command(tmp_path: Path) -> None:
    answer = run(tmp_path, "manage.py", "check", **{**PRODUCTION, "SECRET_KEY": "", "ENCRYPTION_KEYS": ""})
    assert answer.returncode == 1
    assert "SECRET_KEY is not set" in answer.stderr
    assert "ENCRYPTION_KEYS is not set" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/scrm", "DATABASE_URL must begin with postgresql://"),
        ("postgresql://localhost", "DATABASE_URL names no database"),
        ("postgresql://localhost:none/scrm", "no number between 1 and 65535"),
    ],
)
def test_a_database_url_that_cannot_be_read_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.database(url)


def test_a_password_of_any_characters_survives_the_url() -> None:
    database = env.database("postgres://scrm:p%40s%2Fs%3A@[::1]:6432/my%20db?sslmode=require")
    assert database["PASSWORD"] == "p@s/s:"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("::1", "6432", "my db")
    assert database["OPTIONS"] == {"sslmode": "require"}
    assert env.database("postgresql:///scrm?host=/run/postgresql")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("", False)])
def test_a_flag_reads_what_people_write(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("DEBUG", text)
    assert env.flag("DEBUG") is value


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG must be one of"),
        ({"WECOM_READ_TIMEOUT": "long"}, "WECOM_READ_TIMEOUT must be a number of seconds"),
        ({"WECOM_READ_TIMEOUT": "0"}, "WECOM_READ_TIMEOUT must be a number of seconds"),
        ({"SYNC_READERS": "0"}, "SYNC_READERS must be a whole number from 1 to 10"),
        ({"SYNC_READERS": "11"}, "SYNC_READERS must be a whole number from 1 to 10"),
        ({"SYNC_READERS": "many"}, "SYNC_READERS must be a whole number from 1 to 10"),
        ({"VAR_DIR": "/proc/scrm"}, "set VAR_DIR"),
    ],
)
def test_a_value_that_cannot_be_read_is_a_sentence(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    answer = run(tmp_path, "manage.py", "check", **change)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "٣", "9" * 12])
def test_a_retention_that_is_no_number_of_days_is_a_sentence(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("INBOX_DAYS", value)
    with pytest.raises(ImproperlyConfigured, match="INBOX_DAYS must be a whole number above 0"):
        env.count("INBOX_DAYS", 30)
