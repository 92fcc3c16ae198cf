"""WeCom's server API. Importing this package registers every endpoint."""

from wecom.sandbox.api import (
    agents,
    app_messages,
    auth,
    contact_ways,
    customers,
    departments,
    group_chats,
    mass_results,
    mass_send,
    media,
    tags,
    token,
    users,
    welcome,
)

__all__ = [
    "agents",
    "app_messages",
    "auth",
    "contact_ways",
    "customers",
    "departments",
    "group_chats",
    "mass_results",
    "mass_send",
    "media",
    "tags",
    "token",
    "users",
    "welcome",
]
