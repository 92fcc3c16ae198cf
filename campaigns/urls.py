from django.urls import path

from campaigns.views import listing, tasks, verbs

urlpatterns = [
    path("campaigns/", listing.campaigns, name="campaigns"),
    path("campaigns/<int:pk>/launch/", verbs.launch, name="campaign_launch"),
    path("campaigns/<int:pk>/publish/", verbs.publish, name="campaign_publish"),
    path("campaigns/<int:pk>/pause/", verbs.pause, name="campaign_pause"),
    path("campaigns/<int:pk>/resume/", verbs.resume, name="campaign_resume"),
    path("campaigns/<int:pk>/end/", verbs.end, name="campaign_end"),
    path("campaigns/<int:pk>/remind/<int:staff>/", verbs.remind, name="campaign_remind"),
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
    path("tasks/<int:pk>/skip/", tasks.task_skip, name="task_skip"),
]
