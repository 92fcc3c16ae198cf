from django.urls import path

from wecom import views

urlpatterns = [
    path("wecom/callback/<str:corpid>/", views.callback, name="wecom-callback"),
]
