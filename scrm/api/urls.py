from django.urls import include, path
from rest_framework.routers import DefaultRouter

from scrm.api.campaigns import CampaignResource, DeliveryResource
from scrm.api.customers import CustomerResource
from scrm.api.docs import DocsView, SchemaView
from scrm.api.inbox import InboxResource
from scrm.api.materials import MaterialResource, ScriptResource
from scrm.api.organisation import ContactWayResource, GroupChatResource, StaffResource
from scrm.api.segments import SegmentResource
from scrm.api.tags import TagResource
from scrm.api.tasks import TaskResource


class Router(DefaultRouter):
    include_format_suffixes = False


router = Router()
router.register("customers", CustomerResource, "api-customer")
router.register("campaigns", CampaignResource, "api-campaign")
router.register("deliveries", DeliveryResource, "api-delivery")
router.register("tasks", TaskResource, "api-task")
router.register("tags", TagResource, "api-tag")
router.register("groups", GroupChatResource, "api-group")
router.register("staff", StaffResource, "api-staff")
router.register("segments", SegmentResource, "api-segment")
router.register("contact_ways", ContactWayResource, "api-contact-way")
router.register("inbox", InboxResource, "api-inbox")
router.register("materials", MaterialResource, "api-material")
router.register("scripts", ScriptResource, "api-script")

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("", include(router.urls)),
]
