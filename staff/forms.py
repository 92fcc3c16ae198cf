from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.models import Role, User
from wecom.models import Corp


class LoginForm(AuthenticationForm):
    """Name and password. A stranger and a wrong password get one and the same answer."""

    username = UsernameField(
        label=gettext_lazy("Username"), max_length=150, widget=forms.TextInput({"autofocus": True})
    )

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "sign_in_refused", False):
            return ValidationError(_("This account is switched off. Ask your administrator."), code="inactive")
        return super().get_invalid_login_error()


class FirstAdminForm(BaseUserCreationForm):
    """Name and password of the first admin, and the code from the server's log."""

    code = forms.CharField(
        label=gettext_lazy("Set-up code"),
        max_length=40,
        help_text=gettext_lazy("The server has printed it to its log or terminal."),
        widget=forms.TextInput({"autofocus": True, "autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    field_order = ("code", "username", "password1", "password2")

    class Meta:
        model = User
        fields = ("username",)

    def save(self, commit: bool = True) -> User:
        self.instance.role = Role.ADMIN
        self.instance.is_staff = self.instance.is_superuser = True
        user: User = super().save(commit)
        return user


class CorpForm(forms.Form):
    """The corp in which somebody who sees several wants to work."""

    corp = forms.ModelChoiceField(Corp.objects.none())

    def __init__(self, user: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["corp"].queryset = user.corps()  # type: ignore[attr-defined]
