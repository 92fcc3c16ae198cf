"""Celery tasks: a message means "look at the tables"; losing or doubling one changes nothing."""

from celery import shared_task

from campaigns import engine


@shared_task
def turn(corp_id: int | None = None) -> None:
    """One engine turn; several at once share the work (docs/decisions/013)."""
    engine.turn(corp_id, patient=True)
