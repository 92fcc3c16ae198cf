"""What people do at the sandbox, and what WeCom says about it, for tests of syncs and callbacks."""

import itertools
from datetime import datetime
from typing import Any

from scrm import syncing
from scrm.rehearsal.sandbox import Sandbox
from wecom import clock
from wecom.models import Corp, InboxEvent, SyncRun

_keys = itertools.count(1)


def arrive(sandbox: Sandbox, userid: str, name: str = "", **more: Any) -> str:
    """Somebody adds a member of staff; returns the external_userid."""
    return sandbox.corp("POST", "scan", userid=userid, name=name, **more)["external_userid"]


def leave(sandbox: Sandbox, userid: str, external_userid: str) -> None:
    """The customer deletes the staff."""
    sandbox.corp("POST", f"customers/{external_userid}/delete_staff", userid=userid)


def drop(sandbox: Sandbox, userid: str, external_userid: str) -> None:
    """The staff deletes the customer."""
    sandbox.corp("POST", f"staff/{userid}/delete_customer", external_userid=external_userid)


def edit(sandbox: Sandbox, userid: str, external_userid: str, **changes: Any) -> None:
    sandbox.corp("POST", f"staff/{userid}/edit", external_userid=external_userid, **changes)


def console_tags(sandbox: Sandbox, group: str, *names: str) -> list[str]:
    """An admin makes tags in WeCom's console; returns their ids."""
    return [tag["id"] for tag in sandbox.corp("POST", "tags/create", group=group, names=list(names))["tags"]]


def event(
    corp: Corp, change: str, userid: str, external_userid: str, at: datetime | None = None, **payload: str
) -> Any:
    """A callback as the inbox holds it when a worker has claimed it."""
    moment = at or clock.now()
    return InboxEvent.objects.create(
        corp=corp,
        key=f"test-{next(_keys)}",
        event="change_external_contact",
        change_type=change,
        userid=userid,
        external_userid=external_userid,
        payload={"UserID": userid, "ExternalUserID": external_userid, **payload},
        attempts=1,
        next_try_at=moment,
        received_at=moment,
        created_at_wecom=moment.replace(microsecond=0),
    )


def sync(corp: Corp, *only: str) -> SyncRun:
    """Sync to the end; returns the last run."""
    run = syncing.sync_corp(corp, only or ["customers"])[-1]
    assert run.status == SyncRun.Status.DONE, run.error
    return run
