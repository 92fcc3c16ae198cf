from django.urls import path

from groups import views

urlpatterns = [
    path("groups/", views.groups, name="groups"),
]
