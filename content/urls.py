from django.urls import path

from content.views import files, library, scripts

urlpatterns = [
    path("media/<path:name>", files.material_file, name="material_file"),
    path("materials/", library.materials, name="materials"),
    path("materials/new/<str:kind>/", library.material_new, name="material_new"),
    path("materials/<int:pk>/", library.material_edit, name="material_edit"),
    path("materials/<int:pk>/delete/", library.material_delete, name="material_delete"),
    path("materials/folders/new/", library.folder_new, name="folder_new"),
    path("materials/folders/<int:pk>/", library.folder_rename, name="folder_rename"),
    path("materials/folders/<int:pk>/delete/", library.folder_delete, name="folder_delete"),
    path("scripts/", scripts.scripts, name="scripts"),
    path("scripts/new/", scripts.script_new, name="script_new"),
    path("scripts/<int:pk>/", scripts.script_edit, name="script_edit"),
    path("scripts/<int:pk>/delete/", scripts.script_delete, name="script_delete"),
    path("scripts/categories/new/", scripts.category_new, name="script_category_new"),
    path("scripts/categories/<int:pk>/", scripts.category_rename, name="script_category_rename"),
    path("scripts/categories/<int:pk>/delete/", scripts.category_delete, name="script_category_delete"),
]
