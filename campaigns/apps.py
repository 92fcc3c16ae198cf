from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from customers import panels  # noqa: PLC0415  models are loaded only now
        from customers.timeline import register  # noqa: PLC0415

        panels.register("campaigns", _("Campaigns"), "customer_campaigns")
        register("enrolled", _("Entered a campaign"), "route", "blue")
        register("message_handed", _("Message awaits the staff member"), "message-dots", "yellow")
        register("message_sent", _("Message sent"), "message-check", "green")
        register("message_unreachable", _("Message not delivered: not a friend any more"), "message-off", "red")
        register("message_capped", _("Message not delivered: WeCom's limit"), "message-off", "orange")
        register("task_done", _("Task done"), "circle-check", "green")
        register("task_skipped", _("Task skipped"), "circle-x", "secondary")
