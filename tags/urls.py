from django.urls import path

from tags import views

urlpatterns = [
    path("tags/", views.tags, name="tags"),
    path("tags/groups/new/", views.tag_group_new, name="tag_group_new"),
    path("tags/groups/<int:pk>/add/", views.tag_new, name="tag_new"),
    path("tags/groups/<int:pk>/rename/", views.tag_group_rename, name="tag_group_rename"),
    path("tags/groups/<int:pk>/delete/", views.tag_group_delete, name="tag_group_delete"),
    path("tags/<int:pk>/rename/", views.tag_rename, name="tag_rename"),
    path("tags/<int:pk>/delete/", views.tag_delete, name="tag_delete"),
]
