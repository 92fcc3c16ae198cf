from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from scrm.celery import app as celery_app  # so that every process's `.delay()` speaks to our broker


class ScrmConfig(AppConfig):
    name = "scrm"
    verbose_name = _("SCRM")
    celery = celery_app

    def ready(self) -> None:
        from scrm import checks  # noqa: F401, PLC0415  registers the checks; imports settings' users, hence late
