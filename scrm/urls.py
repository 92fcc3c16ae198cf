"""Every address of the product. Pages of an app live in the app's own `urls.py`."""

from django.contrib import admin
from django.urls import include, path

from scrm import health

urlpatterns = [
    path("", include("scrm.pages")),
    path("", include("staff.urls")),
    path("setup/", include("scrm.setup.urls")),
    path("", include("customers.urls")),
    path("", include("tags.urls")),
    path("", include("groups.urls")),
    path("", include("content.urls")),
    path("", include("campaigns.urls")),
    path("", include("wecom.urls")),
    path("api/v1/", include("scrm.api.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
]
