from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from staff.backends import may_sign_in


class StaffTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`, for as long as its user may sign in: asked with every request."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        token = Token.objects.select_related("user__corp", "user__staff").filter(key=key.replace("\x00", "")).first()
        if token is None:
            raise AuthenticationFailed(_("Invalid token."))
        if not may_sign_in(token.user):
            raise AuthenticationFailed(_("This account is switched off."))
        return token.user, token


class StaffTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = StaffTokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token <key>"}
