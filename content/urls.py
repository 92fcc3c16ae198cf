from django.urls import path

from content import views

urlpatterns = [
    path("media/<path:name>", views.material_file, name="material_file"),
]
