"""The control API under /sandbox/api/: act as customer or staff, turn the clock, switch faults, read the record."""

from wecom.sandbox.control import (
    app_phone_routes,
    app_routes,
    console_routes,
    corp_routes,
    crowd_routes,
    customer_routes,
    group_routes,
    moment_routes,
    payment_routes,
    staff_routes,
    tag_routes,
    transfer_routes,
    view_routes,
    world_routes,
)

__all__ = [
    "app_phone_routes",
    "app_routes",
    "console_routes",
    "corp_routes",
    "crowd_routes",
    "customer_routes",
    "group_routes",
    "moment_routes",
    "payment_routes",
    "staff_routes",
    "tag_routes",
    "transfer_routes",
    "view_routes",
    "world_routes",
]
