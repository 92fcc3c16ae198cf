"""The schema, and pages that show it: from our own server, under the strict content security policy."""

from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """OpenAPI 3, as YAML or with `?format=json` as JSON."""


@method_decorator(login_required, name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI. Its script comes from an address of its own, so that the page needs no inline script."""

    template_name = "api/docs.html"
    url_name = "api-schema"
