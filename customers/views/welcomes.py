"""What became of welcome codes."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.filters import DateInput, end_of, start_of
from customers.models import Welcome, WelcomeStatus
from staff.access import signed_in
from staff.paging import keyset
from staff.requests import Request
from staff.swap import answer


class WelcomeFilter(forms.Form):
    day = forms.DateField(label=_("Day"), required=False, widget=DateInput())
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Any state")), *WelcomeStatus.choices]
    )

    def apply(self, rows: QuerySet[Welcome]) -> QuerySet[Welcome]:
        day, status = self.cleaned_data["day"], self.cleaned_data["status"]
        if day:
            rows = rows.filter(expires_at__gte=start_of(day), expires_at__lt=end_of(day) or start_of(day))
        return rows.filter(status=status) if status else rows


@require_safe
@signed_in
def welcomes(request: Request) -> HttpResponse:
    form = WelcomeFilter(request.GET)
    everything = Welcome.objects.of(request.corp).visible_to(request.user)
    rows = form.apply(everything) if form.is_valid() else everything.none()
    page = keyset(rows.select_related("customer", "staff", "contact_way"), request.GET, "pk")
    context = {"form": form, "page": page, "count": rows.count()}
    return answer(request, "customers/welcomes.html", context, part="list", status=200 if form.is_valid() else 400)
