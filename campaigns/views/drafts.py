"""The editor: a form in four steps that is saved as one definition (design §9)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import definitions
from campaigns.consequences import latest
from campaigns.forms import editor as forms
from campaigns.forms.advice import advise
from campaigns.forms.editor import Editor
from campaigns.forms.reshape import add_made, reshape
from campaigns.forms.state import State, number, unflatten
from campaigns.forms.uploads import keep_uploads
from campaigns.models import Campaign, CampaignStatus, Enroll, Kind
from content.models import Material, MaterialQuerySet
from customers.models import Customer
from customers.segments import audience
from staff.access import operators
from staff.requests import Request
from wecom.text import clean

PARTS = [
    (1, gettext_lazy("Type")),
    (2, gettext_lazy("Who")),
    (3, gettext_lazy("What and when")),
    (4, gettext_lazy("Rules and end")),
]
PICKS = 30  # of the library at once; the search finds the others
ITEM_KINDS = [
    ("text", gettext_lazy("Text")),
    ("link", gettext_lazy("Link")),
    ("image", gettext_lazy("Image")),
    ("video", gettext_lazy("Video")),
    ("file", gettext_lazy("File")),
    ("miniprogram", gettext_lazy("Mini-program")),
]


def editable(request: Request, pk: int) -> Campaign:
    rows = Campaign.objects.of(request.corp).visible_to(request.user)
    return get_object_or_404(rows.exclude(status=CampaignStatus.ENDED), pk=pk)


@require_http_methods(["GET", "POST"])
@operators
def campaign_new(request: Request) -> HttpResponse:
    if request.method == "POST":
        return save(request, None)
    return page(request, Editor(request.corp, beginning(request)), None)


def beginning(request: Request) -> State:
    """An empty campaign of `?kind=`, or a copy of the campaign `?copy=`."""
    if (pk := number(request.GET.get("copy", ""))) is not None:
        original = get_object_or_404(Campaign.objects.of(request.corp).visible_to(request.user), pk=pk)
        state = forms.state_of(definitions.as_definition(latest(original)))
        state["plan"]["name"] = _("%(name)s (copy)") % {"name": original.name}
        return state
    kind = request.GET.get("kind", "")
    return forms.blank(kind if kind in Kind.values else Kind.SOP)


@require_http_methods(["GET", "POST"])
@operators
def campaign_edit(request: Request, pk: int) -> HttpResponse:
    campaign = editable(request, pk)
    if request.method == "POST":
        return save(request, campaign)
    return page(request, Editor(request.corp, forms.state_of(definitions.as_definition(latest(campaign)))), campaign)


@require_POST
@operators
def campaign_draft(request: Request) -> HttpResponse:
    """One of the editor's own buttons: the form again after it, nothing judged and nothing saved but files."""
    campaign = editable(request, pk) if (pk := number(request.POST.get("campaign", ""))) is not None else None
    state, refused = posted(request)
    verb, path, key = [*request.POST.get("op", "").split(":", 2), "", ""][:3]
    if verb == "add-material":
        if material := library(request).filter(pk=number(key)).first():
            add_made(state, path, material.as_item())
    else:
        reshape(state, request.POST.get("op", ""))
    editor = Editor(request.corp, state)
    editor.refuse_uploads(refused)
    return page(request, editor, campaign)


@require_safe
@operators
def campaign_library(request: Request) -> HttpResponse:
    """The newest materials that match `?library-q=`, each a button that puts it into `?step=`."""
    found = library(request).search(clean(request.GET.get("library-q", ""))[:60])
    context = {"materials": found.select_related("folder")[:PICKS], "step": request.GET.get("step", "")}
    return render(request, "campaigns/parts/library.html", context)


def library(request: Request) -> MaterialQuerySet:
    return Material.objects.of(request.corp).visible_to(request.user)


@require_POST
@operators
def campaign_preview(request: Request) -> HttpResponse:
    """What stands beside the form: reach, advice, and the phone."""
    editor = Editor(request.corp, unflatten(request.POST))
    return render(request, "campaigns/parts/preview.html", preview(request, editor))


def posted(request: Request) -> tuple[State, dict[str, str]]:
    """The form's state with files kept as materials; and, by item, why a file was refused."""
    state = unflatten(request.POST)
    return state, keep_uploads(request, state)


def save(request: Request, campaign: Campaign | None) -> HttpResponse:
    state, refused = posted(request)
    editor = Editor(request.corp, state, judged=True)
    editor.refuse_uploads(refused)
    if editor.is_valid():
        try:
            saved = definitions.save(request.corp, editor.definition(), campaign=campaign, user=request.user)
        except definitions.DefinitionError as error:
            editor.blame(error.errors)
        else:
            messages.success(request, _("Saved."))
            then = request.POST.get("then", "")
            return redirect(f"campaign_{then}" if then in ("launch", "publish") else "campaign", pk=saved.pk)
    return page(request, editor, campaign)


def page(request: Request, editor: Editor, campaign: Campaign | None) -> HttpResponse:
    bad = editor.parts_with_errors
    context: dict[str, Any] = {
        "editor": editor,
        "campaign": campaign,
        "action": reverse("campaign_edit", args=[campaign.pk]) if campaign else reverse("campaign_new"),
        "parts": [{"number": number, "label": label} for number, label in PARTS],
        "item_kinds": ITEM_KINDS,
        "first_bad": min(bad, default=""),
        "version_note": version_note(campaign),
    }
    if request.htmx:
        answer = render(request, "campaigns/editor.html#form", context)
        answer["HX-Trigger-After-Swap"] = "reshaped"
        return answer
    return render(request, "campaigns/editor.html", context | preview(request, editor))


def version_note(campaign: Campaign | None) -> str:
    if campaign is None or campaign.status == CampaignStatus.DRAFT:
        return ""
    return _("What you save becomes a new version once you publish it. Customers on the way stay on theirs.")


def preview(request: Request, editor: Editor) -> dict[str, Any]:
    newcomers = editor.plan["enroll"].value() == Enroll.NEWCOMERS.value
    return {"editor": editor, "advice": advise(editor), "reach": reach(request, editor), "newcomers": newcomers}


def reach(request: Request, editor: Editor) -> int | None:
    """How many customers match the audience now; None while a rule is unfinished."""
    tree = editor.audience_tree()
    if tree is None:
        return None
    return Customer.objects.of(request.corp).matching(audience(tree), request.corp).count()
