"""Files chosen in the editor become materials at once, so that no error elsewhere in the form loses them."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from campaigns.forms.state import State, first, rows
from content import materials
from content.models import MaterialKind
from staff.requests import Request

KINDS = {"file": MaterialKind.FILE, "video": MaterialKind.VIDEO}


def keep_uploads(request: Request, state: State) -> dict[str, str]:
    """Store each posted file, write its material's key into the item; return the refusals by the item's prefix."""
    refused: dict[str, str] = {}
    for s, step in enumerate(rows(state, "steps")):
        for i, item in enumerate(rows(step, "content")):
            prefix = f"steps-{s}-content-{i}"
            upload = request.FILES.get(f"{prefix}-upload")
            if upload is None:
                continue
            kind = KINDS.get(first(item, "kind"), MaterialKind.IMAGE)
            try:
                item["material"] = str(materials.store(request.corp, kind, upload, request.user).pk)
            except ValidationError as error:
                refused[prefix] = " ".join(error.messages)
    return refused
