"""The Celery application. Messages are hints that it is time to look at a table, never the only copy of anything."""

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")  # before Celery(): it picks the Django task class

from celery import Celery, signals
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from kombu.exceptions import OperationalError

from scrm import embedded

logger = logging.getLogger(__name__)


@signals.worker_init.connect
@signals.beat_init.connect
def start_broker(**kwargs: Any) -> None:
    if settings.EMBEDDED:
        embedded.acquire(settings.VAR_DIR, settings.EMBEDDED)


class Hint(DjangoTask[Any, Any]):
    """A task whose message may be lost: with the broker away the sweep finds the row a moment later."""

    abstract = True

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        start_broker()
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            logger.warning("no broker, the sweep will find the row: %s (%s)", self.name, error)
            return None


app = Celery("scrm", task_cls=Hint)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
