from django.urls import path

from campaigns.views import listing

urlpatterns = [
    path("campaigns/", listing.campaigns, name="campaigns"),
]
