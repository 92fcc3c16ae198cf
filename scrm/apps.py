from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from scrm.celery import app as celery_app  # so that every process's `.delay()` speaks to our broker


class ScrmConfig(AppConfig):
    name = "scrm"
    verbose_name = _("SCRM")
    celery = celery_app

    def ready(self) -> None:
        from scrm import checks, wording  # noqa: F401, PLC0415  both import models, hence late; checks register themselves

        wording.translate_field_labels()
