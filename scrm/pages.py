from django.urls import path

from scrm import doctor_pages, journal_pages, sync_pages, system, views

urlpatterns = [
    path("", views.home, name="home"),
    path("quota/", views.quota, name="quota"),
    path("system/sync/", sync_pages.sync, name="system_sync"),
    path("system/sync/start/", sync_pages.start, name="system_sync_start"),
    path("system/sync/staff/", sync_pages.start_staff, name="system_sync_staff"),
    path("system/sync/<int:pk>/", sync_pages.report, name="system_sync_report"),
    path("system/sync/<int:pk>/resume/", sync_pages.resume, name="system_sync_resume"),
    path("system/sync/<int:pk>/stop/", sync_pages.stop, name="system_sync_stop"),
    path("system/inbox/", system.inbox, name="system_inbox"),
    path("system/inbox/replay/", system.inbox_replay_failed, name="system_inbox_replay_failed"),
    path("system/inbox/<int:pk>/", system.inbox_event, name="system_inbox_event"),
    path("system/inbox/<int:pk>/replay/", system.inbox_replay, name="system_inbox_replay"),
    path("system/outbox/", system.outbox, name="system_outbox"),
    path("system/outbox/<int:pk>/", system.outbox_batch, name="system_outbox_batch"),
    path("system/outbox/<int:pk>/sent/", system.outbox_sent, name="system_outbox_sent"),
    path("system/outbox/<int:pk>/absent/", system.outbox_absent, name="system_outbox_absent"),
    path("system/journal/", journal_pages.journal, name="system_journal"),
    path("system/credentials/", doctor_pages.credentials, name="system_doctor"),
    path("system/credentials/check/", doctor_pages.check, name="system_doctor_check"),
    path("system/audit/", system.audit, name="system_audit"),
]
