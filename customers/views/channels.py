"""Contact ways: QR codes, how many customers came by each, and what they are greeted with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import contact_ways as ways
from customers.contact_way_form import ContactWayForm, with_originals
from customers.models import ContactWay
from staff.access import operators
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer

form_methods = require_http_methods(["GET", "HEAD", "POST"])
QR_KINDS = {"png": ("image/png", ways.qr_png), "svg": ("image/svg+xml", ways.qr_svg)}


def way_of(request: Request, pk: int) -> ContactWay:
    rows = ContactWay.objects.of(request.corp).visible_to(request.user).live().with_arrivals()
    return get_object_or_404(rows, pk=pk)


def form_of(request: Request, way: ContactWay | None = None) -> ContactWayForm:
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return ContactWayForm(*posted, corp=request.corp, user=request.user, way=way)


@require_safe
@operators
def contact_ways(request: Request) -> HttpResponse:
    rows = ContactWay.objects.of(request.corp).visible_to(request.user).live()
    page = keyset(rows.with_arrivals().prefetch_related("staff", "tags"), request.GET, "pk")
    return render(request, "customers/ways/list.html", {"page": page, "count": rows.count()})


@form_methods
@operators
def contact_way_new(request: Request) -> HttpResponse:
    form = form_of(request)
    if form.is_valid() and form.save():
        messages.success(request, _("The QR code is ready. Print it or put it where customers see it."))
        return redirect("contact_way", pk=form.made.pk)
    return render(request, "customers/ways/form.html", {"form": form})


@form_methods
@operators
def contact_way_edit(request: Request, pk: int) -> HttpResponse:
    way = way_of(request, pk)
    form = form_of(request, way)
    if form.is_valid() and form.save():
        messages.success(request, _("Saved. The printed QR code stays the same."))
        return redirect("contact_way", pk=pk)
    return render(request, "customers/ways/form.html", {"form": form, "way": way})


@require_POST
@operators
def contact_way_preview(request: Request) -> HttpResponse:
    """The welcome as the phone will show it; files are taken in on the way."""
    return render(request, "customers/ways/preview.html", {"form": form_of(request)})


@require_safe
@operators
def contact_way(request: Request, pk: int) -> HttpResponse:
    way = way_of(request, pk)
    return render(request, "customers/ways/way.html", {"way": way, "shown": with_originals(way.welcome, way.corp)})


@require_safe
@operators
def contact_way_qr(request: Request, pk: int, kind: str) -> HttpResponse:
    way = way_of(request, pk)
    content_type, draw = QR_KINDS[kind]
    response = HttpResponse(draw(way), content_type=content_type)
    disposition = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{disposition}; filename="contact-way-{way.pk}.{kind}"'
    return response


@form_methods
@operators
def contact_way_delete(request: Request, pk: int) -> HttpResponse:
    way = way_of(request, pk)
    if request.method == "POST":
        ways.delete(way, user=request.user)
        messages.success(request, _("Deleted. The QR code adds nobody any more."))
        return redirect("contact_ways")
    return answer(request, "customers/ways/delete.html", {"way": way}, part="form")
