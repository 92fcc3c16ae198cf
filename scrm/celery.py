"""The Celery application. Messages are hints that it is time to look at a table, never the only copy of anything."""

import logging
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")  # before Celery(): it picks the Django task class

from celery import Celery
from celery.contrib.django.task import DjangoTask
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class Hint(DjangoTask):
    """A task whose message may be lost: with the broker away the sweep finds the row a moment later."""

    abstract = True

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().apply_async(*args, **kwargs)
        except OperationalError as error:
            logger.warning("no broker, the sweep will find the row: %s (%s)", self.name, error)
            return None


app = Celery("scrm", task_cls=Hint)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
