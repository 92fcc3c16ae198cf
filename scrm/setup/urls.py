from django.urls import path

from scrm.setup import views

urlpatterns = [
    path("", views.resume, name="setup"),
    path("new/", views.new, name="setup_new"),
    path("corp/", views.corp, name="setup_corp"),
    path("callback/", views.callback, name="setup_callback"),
    path("callback/keys/", views.callback_keys, name="setup_callback_keys"),
    path("callback/played/", views.callback_played, name="setup_callback_played"),
    path("access/", views.access, name="setup_access"),
    path("sync/", views.sync, name="setup_sync"),
    path("sync/start/", views.sync_start, name="setup_sync_start"),
    path("done/", views.done, name="setup_done"),
]
