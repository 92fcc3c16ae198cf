from django.urls import path

from staff import views

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/wecom/<str:corpid>/", views.wecom_login, name="wecom_login"),
    path("login/wecom/<str:corpid>/done/", views.wecom_login_done, name="wecom_login_done"),
    path("setup/admin/", views.first_admin_page, name="first_admin"),
    path("setup/admin/code/", views.first_admin_code, name="first_admin_code"),
    path("logout/", views.logout, name="logout"),
    path("corp/", views.switch_corp, name="switch_corp"),
]
