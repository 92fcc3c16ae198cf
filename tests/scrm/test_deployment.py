"""The production files agree with each other and with the settings."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def names_in_example() -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def names_in_settings() -> set[str]:
    return set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "scrm/settings.py").read_text()))


def test_web_worker_beat_and_both_stores_are_there() -> None:
    assert {"web", "worker", "beat", "postgres", "redis"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_watched_restarted_and_not_root(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]
    assert service["restart"] in {"unless-stopped", "on-failure"}
    assert str(service["user"]) not in {"root", "0"}


@pytest.mark.parametrize("name", ["postgres", "redis", "worker", "beat"])
def test_only_web_and_callback_are_published_and_only_to_the_proxy(name: str) -> None:
    assert "ports" not in SERVICES[name]
    for published in ("web", "callback"):
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[published]["ports"])


def test_callbacks_have_a_process_of_their_own_from_the_same_image() -> None:
    service = SERVICES["callback"]
    assert "scrm.wsgi_callback:application" in service["command"]
    assert (service["image"], service["environment"]) == (SERVICES["web"]["image"], SERVICES["web"]["environment"])
    assert set(SERVICES["web"]["ports"]).isdisjoint(service["ports"])


def test_every_volume_is_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_every_variable_of_compose_stands_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used <= names_in_example()


def test_compose_sets_only_what_settings_read() -> None:
    assert set(SERVICES["web"]["environment"]) <= names_in_settings()


def test_the_example_names_only_what_somebody_reads() -> None:
    assert names_in_example() - names_in_settings() == {"POSTGRES_PASSWORD", "WEB_PORT", "CALLBACK_PORT"}


def test_every_setting_from_the_environment_stands_in_the_example() -> None:
    assert names_in_settings() <= names_in_example()


def test_secrets_have_no_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD"):
        assert re.findall(rf"\$\{{{name}(.)", text) == [":"] * text.count(f"${{{name}")
        assert f"${{{name}:?" in text


def test_every_queue_has_a_worker() -> None:
    commands = " ".join(str(service.get("command", "")) for service in SERVICES.values())
    assert re.search(r"--queues \S*urgent\S*default\S*bulk", commands)


def test_services_wait_for_what_they_need() -> None:
    for name in ("web", "callback", "worker", "beat"):
        needs = SERVICES[name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["postgres"]["condition"] == needs["redis"]["condition"] == "service_healthy"


def test_the_image_does_not_run_as_root_and_brings_no_secret() -> None:
    last_stage = DOCKERFILE.split("\nFROM ")[-1]
    assert re.search(r"^USER scrm$", last_stage, re.MULTILINE)
    assert "HEALTHCHECK" in last_stage
    assert ".env" in (ROOT / ".dockerignore").read_text().split()
    assert "ENCRYPTION_KEYS" not in last_stage


def test_stores_are_new_enough() -> None:
    assert int(SERVICES["postgres"]["image"].split(":")[1].split("-")[0]) >= 16
    assert int(SERVICES["redis"]["image"].split(":")[1].split("-")[0]) >= 7


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
    assert [line for line in lines if not re.fullmatch(r"[\w.\-]+(\[[\w,\-]+\])?==[\w.]+", line)] == []


def test_static_files_are_collected_without_database_and_keys(tmp_path: Path) -> None:
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": "postgresql://build/build"}
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "SECRET_KEY": "build"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    collected = json.loads((tmp_path / "static/staticfiles.json").read_text())["paths"]
    assert named_in_templates() <= set(collected)


def named_in_templates() -> set[str]:
    names = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""\{% static ['"]([^'"]+)['"]""", template.read_text())
    }
    assert "scrm.css" in names
    return names
