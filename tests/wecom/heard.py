"""What the sandbox tells of, read from its queue of callbacks: nobody has to listen."""

from typing import Any

from wecom.envelope import parse

NOWHERE = "http://127.0.0.1:9/callback"  # discard: the events are made, and delivered to nobody


def listen(sandbox) -> None:
    """From now on events are made."""
    sandbox.call("POST", "corps", corpid=sandbox.corpid, callback_url=NOWHERE, callback_retry=0.01)


def events(sandbox, *fields: str) -> list[Any]:
    """Oldest first: of each event the named fields, or all of it."""
    told = [parse(entry["xml"].encode()) for entry in sandbox.corp("GET", "callbacks")["callbacks"][::-1]]
    return [tuple(event.get(name) for name in fields) for event in told] if fields else told
