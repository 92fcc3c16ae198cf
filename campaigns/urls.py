from django.urls import path

from campaigns.views import customers, deliveries, drafts, listing, reporting, tasks, verbs

urlpatterns = [
    path("campaigns/", listing.campaigns, name="campaigns"),
    path("campaigns/new/", drafts.campaign_new, name="campaign_new"),
    path("campaigns/library/", drafts.campaign_library, name="campaign_library"),
    path("campaigns/draft/", drafts.campaign_draft, name="campaign_draft"),
    path("campaigns/preview/", drafts.campaign_preview, name="campaign_preview"),
    path("campaigns/<int:pk>/", reporting.campaign, name="campaign"),
    path("campaigns/<int:pk>/customers/", reporting.campaign_customers, name="campaign_customers"),
    path("campaigns/<int:pk>/plan/", reporting.campaign_plan, name="campaign_plan"),
    path("campaigns/<int:pk>/edit/", drafts.campaign_edit, name="campaign_edit"),
    path("campaigns/<int:pk>/launch/", verbs.launch, name="campaign_launch"),
    path("campaigns/<int:pk>/publish/", verbs.publish, name="campaign_publish"),
    path("campaigns/<int:pk>/pause/", verbs.pause, name="campaign_pause"),
    path("campaigns/<int:pk>/resume/", verbs.resume, name="campaign_resume"),
    path("campaigns/<int:pk>/end/", verbs.end, name="campaign_end"),
    path("campaigns/<int:pk>/remind/<int:staff>/", verbs.remind, name="campaign_remind"),
    path("deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("customers/<int:pk>/campaigns/", customers.customer_campaigns, name="customer_campaigns"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
    path("tasks/<int:pk>/skip/", tasks.task_skip, name="task_skip"),
]
