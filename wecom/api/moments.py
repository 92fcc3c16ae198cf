from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from wecom import moment_content
from wecom.api.base import API, nothing
from wecom.outgoing import Attachment, refuse
from wecom.payloads import (
    MomentCustomer,
    MomentJob,
    MomentPost,
    MomentTask,
    NewMomentJob,
    Reactions,
)


class Moments(API):
    """Moments (朋友圈): tasks that staff publish in their client, or never do (docs 95094, 97612, 93333).

    Creating is a job: `create` gives its id, `job` tells when it is done and which moment it made. 10 jobs a minute
    (LIMIT), 100,000 tasks a month (QUOTA 41210), few at once (QUOTA 41078); 41211: the corp has no moments (CONFIG).
    """

    def create(
        self,
        *,
        text: str = "",
        attachments: Sequence[Attachment] = (),
        senders: Sequence[str] = (),
        departments: Sequence[int] = (),
        tags: Sequence[str] = (),
    ) -> str:
        """Begin a moments task and return its jobid, which lives 24 h. doc 95094

        Text ≤ 2000 characters and ≤ 4000 bytes; either ≤ 9 images, or 1 video, or 1 link.
        `senders` and `departments` (none: everybody in the app's range) are asked to publish; only customers with one
        of `tags` (corp tags) see it. With `tags` alone, the followers of those customers are asked.
        """
        body = moment_content.body(text, attachments, senders, departments, tags)
        return self._write(moment_content.ENDPOINT, body, NewMomentJob.from_wecom, "jobid").jobid

    def job(self, jobid: str) -> MomentJob:
        """How far the job is; when done, the moment_id, and the senders and tags that were passed over. doc 95094"""
        return self._fetch("externalcontact/get_moment_task_result", MomentJob.from_wecom, "status", jobid=jobid)

    def cancel(self, moment_id: str) -> None:
        """Stop what is not yet published; what was published stays. GONE (41060) for an unknown id. doc 97612"""
        self._write("externalcontact/cancel_moment_task", {"moment_id": moment_id}, nothing)

    def list(self, start: datetime, end: datetime, *, creator: str = "", filter_type: int = 2) -> Iterator[MomentPost]:
        """Moments of [start, end], at most 30 days; deleted ones are missing. doc 93333

        filter_type: 0 corp, 1 personal, 2 both. `creator`: only this member's.
        """
        endpoint = "externalcontact/get_moment_list"
        if end - start > timedelta(days=30):
            raise refuse(endpoint, "end_time is more than 30 days after start_time")
        times = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        body = {**times, "filter_type": filter_type, "limit": 20}
        return self._pages(endpoint, "moment_list", MomentPost, body | ({"creator": creator} if creator else {}))

    def tasks(self, moment_id: str) -> Iterator[MomentTask]:
        """Which members have published a corp moment. RETRY (41079) while it is being handed out. doc 93333"""
        body = {"moment_id": moment_id, "limit": 1000}
        return self._pages("externalcontact/get_moment_task", "task_list", MomentTask, body)

    def customers(self, moment_id: str, userid: str) -> Iterator[MomentCustomer]:
        """The customers whom the member chose to show it to. 41061: not his; 41062: not published yet. doc 93333"""
        body = {"moment_id": moment_id, "userid": userid, "limit": 1000}
        return self._pages("externalcontact/get_moment_customer_list", "customer_list", MomentCustomer, body)

    def recipients(self, moment_id: str, userid: str) -> Iterator[MomentCustomer]:
        """The customers in whose moments it appeared. 41061, 41062 as above. doc 93333"""
        body = {"moment_id": moment_id, "userid": userid, "limit": 5000}
        return self._pages("externalcontact/get_moment_send_result", "customer_list", MomentCustomer, body)

    def reactions(self, moment_id: str, userid: str) -> Reactions:
        """Who commented on and who liked one member's post; never what was written. doc 93333"""
        body = {"moment_id": moment_id, "userid": userid}
        return self._query("externalcontact/get_moment_comments", Reactions.from_wecom, "comment_list", body)
