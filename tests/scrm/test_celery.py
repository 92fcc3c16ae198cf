from importlib import import_module
from typing import Any

import pytest
from celery import shared_task
from celery.schedules import crontab
from django.conf import settings
from django.db import transaction
from kombu import Connection

from scrm.celery import app


@shared_task
def look_at_the_table() -> None:
    """A hint like any other."""


def test_every_scheduled_task_exists() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        module, name = entry["task"].rsplit(".", 1)
        assert getattr(import_module(module), name).name == entry["task"]


def test_sweeps_come_often_and_expire_before_they_pile_up() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if not isinstance(entry["schedule"], crontab):
            assert entry["options"]["expires"] <= 2 * entry["schedule"]
            assert entry["options"]["queue"] in settings.CELERY_TASK_QUEUES


def test_messages_are_json_only() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_a_hint_that_no_broker_takes_is_logged_and_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection("redis://127.0.0.1:9/0", transport_options=options) as nobody:
        assert look_at_the_table.apply_async(connection=nobody) is None
    assert "the sweep will find the row" in caplog.text


def test_a_hint_is_given_after_the_commit_only(db: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as given, transaction.atomic():
        look_at_the_table.delay_on_commit()
        assert given == []
    assert len(given) == 1
