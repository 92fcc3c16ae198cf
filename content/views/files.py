from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from content.models import Material, MaterialKind
from staff.requests import Request
from wecom.text import clean


@require_safe
@login_required
def material_file(request: Request, name: str) -> FileResponse:
    """An original, to those of its corp. Pictures may be shown in a page, everything else is only saved."""
    material = get_object_or_404(Material.objects.visible_to(request.user), file=clean(name))
    try:
        file = material.file.open("rb")
    except FileNotFoundError:
        raise Http404
    response = FileResponse(
        file,
        content_type=material.content_type,
        as_attachment=material.kind != MaterialKind.IMAGE,
        filename=material.filename,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400"
    return response
