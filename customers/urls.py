from django.urls import path, re_path

from customers.views import channels, listing, profile, welcomes

urlpatterns = [
    path("customers/", listing.customers, name="customers"),
    path("customers/<int:pk>/", profile.customer, name="customer"),
    path("customers/<int:pk>/sync/", profile.customer_sync, name="customer_sync"),
    path("customers/<int:pk>/stage/", profile.customer_stage, name="customer_stage"),
    path("follows/<int:pk>/tags/", profile.follow_tags, name="follow_tags"),
    path("follows/<int:pk>/remark/", profile.follow_remark, name="follow_remark"),
    path("contact-ways/", channels.contact_ways, name="contact_ways"),
    path("contact-ways/new/", channels.contact_way_new, name="contact_way_new"),
    path("contact-ways/preview/", channels.contact_way_preview, name="contact_way_preview"),
    path("contact-ways/<int:pk>/", channels.contact_way, name="contact_way"),
    path("contact-ways/<int:pk>/edit/", channels.contact_way_edit, name="contact_way_edit"),
    path("contact-ways/<int:pk>/delete/", channels.contact_way_delete, name="contact_way_delete"),
    re_path(r"^contact-ways/(?P<pk>\d{1,18})/qr\.(?P<kind>png|svg)$", channels.contact_way_qr, name="contact_way_qr"),
    path("welcomes/", welcomes.welcomes, name="welcomes"),
]
