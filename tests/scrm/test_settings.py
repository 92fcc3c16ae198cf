"""Settings from the environment, read as a fresh process reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def settings(tmp_path: Path, *names: str, **environment: str) -> dict[str, object]:
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
    first = settings(tmp_path, "SECRET_KEY", "ENCRYPTION_KEYS")
    assert settings(tmp_path, "SECRET_KEY", "ENCRYPTION_KEYS") == first
    assert len(str(first["SECRET_KEY"])) == 44
    assert (tmp_path / "var/secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var/encryption_key").stat().st_mode & 0o777 == 0o600


def test_a_database_url_is_taken_apart(tmp_path: Path) -> None:
    database = settings(tmp_path, "DATABASES", **PRODUCTION)["DATABASES"]["default"]  # type: ignore[index]
    assert database["PASSWORD"] == "p@ss"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "6432", "scrm")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["ENGINE"] == "django.db.backends.postgresql"


def test_cookies_travel_only_over_https_in_production(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert all(settings(tmp_path, *names, **PRODUCTION).values())
    assert not any(settings(tmp_path, *names).values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS is not set"),
        ({"ENCRYPTION_KEYS": f"{KEY},short"}, "ENCRYPTION_KEYS: key 2 is not 32 bytes"),
        ({"REDIS_URL": ""}, "Our own servers are in use: valkey."),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must not be empty"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS allows every host"),
        ({"HTTPS": "0"}, "HTTPS is off"),
        ({"DEBUG": "1"}, "DEBUG set to True"),
        ({"METRICS_TOKEN": ""}, "METRICS_TOKEN is not set"),
        ({"CSRF_TRUSTED_ORIGINS": "scrm.example.com"}, "has no scheme"),
        ({"WECOM_API_BASE_URL": "http://qyapi.weixin.qq.com"}, "plain http"),
        ({"WECOM_API_BASE_URL": "https://qyapi.weixin.qq.com/cgi-bin"}, "more than a host"),
        ({"WECOM_API_BASE_URL": "qyapi.weixin.qq.com"}, "is no address"),
    ],
)
def test_the_deployment_check_names_what_is_wrong(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    environment = {**PRODUCTION, **change}
    answer = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG must be one of"),
        ({"DATABASE_URL": "mysql://localhost/scrm"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": "postgresql://localhost"}, "DATABASE_URL names no database"),
        ({"DATABASE_URL": "postgresql://localhost:none/scrm"}, "no number between 1 and 65535"),
        ({"VAR_DIR": "/proc/scrm"}, "set VAR_DIR"),
    ],
)
def test_a_value_that_cannot_be_read_is_a_sentence(tmp_path: Path, change: dict[str, str], sentence: str) -> None:
    answer = run(tmp_path, "manage.py", "check", **change)
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
