"""WSGI entry: WeCom's callbacks are answered in front of Django's middleware, everything else by Django."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()

from wecom import callback  # noqa: E402  its models need the app registry, which the line above fills

application = callback.wrap(django_application)
