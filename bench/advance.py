"""100,000 due enrollments advanced by the product, against the very same statement run by bare psycopg2."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg2
from django.db import connection

from bench.measure import Result, compare
from campaigns import definitions
from campaigns.engine import advance
from campaigns.engine.budget import ROWS, Budget
from campaigns.engine.moment import PLANNING, Moment
from campaigns.models import Campaign
from staff.models import Staff
from wecom.models import Corp

CORPID, ENROLLMENTS, STAFF = "wwbench0000000003", 100_000, 100
FILL = """
INSERT INTO customers_customer
    (corp_id, external_userid, name, avatar, type, gender, unionid, position, corp_name, synced_at)
SELECT %(corp)s, 'wmadvance' || n, 'Customer ' || n, '', 1, 0, '', '', '', now() FROM generate_series(1, %(n)s) n;
INSERT INTO customers_follow (corp_id, customer_id, staff_id, status, remark, description, remark_corp_name,
    remark_mobiles, add_way, state, oper_userid, since, ended_by, owes_channel_tags)
SELECT %(corp)s, c.id, (SELECT min(id) FROM staff_staff WHERE corp_id = %(corp)s) + c.id %% %(staff)s, 'live', '', '',
       '', '{}', 1, '', '', now() - interval '2 days', '', false
FROM customers_customer c WHERE c.corp_id = %(corp)s;
INSERT INTO customers_digest (customer_id, corp_id, tag_ids, staff_ids, added_at, first_at, lost)
SELECT customer_id, corp_id, '{}', array[staff_id::int], since, since, false FROM customers_follow
WHERE corp_id = %(corp)s;
INSERT INTO campaigns_enrollment (corp_id, campaign_id, version_id, customer_id, follow_id, staff_id, occurrence,
    status, end_reason, entered_at, clock_at, next_step_id, next_run_at)
SELECT %(corp)s, %(campaign)s, %(version)s, customer_id, id, staff_id, 1, 'active', '', since, since, %(step)s,
       since + interval '47 hours'
FROM customers_follow WHERE corp_id = %(corp)s
"""
AGAIN = """
TRUNCATE campaigns_delivery CASCADE;
UPDATE campaigns_enrollment SET status = 'active', ended_at = NULL, next_step_id = %(step)s,
       next_run_at = clock_at + interval '47 hours'
"""


def run() -> Result:
    corp = Corp(corpid=CORPID, name="Bench", agentid=1, api_base_url="http://127.0.0.1:9")
    corp.secret, corp.callback_token, corp.aes_key = "bench-secret", "token", "k" * 43
    corp.quiet_from = corp.quiet_until = corp.quiet_from.replace(hour=0)  # the machine's hour must not matter
    corp.save()
    Staff.objects.bulk_create(
        Staff(corp=corp, userid=f"advance{n}", name=f"Clerk {n}", serves_customers=True) for n in range(STAFF)
    )
    campaign = launched(corp)
    step = fill(corp, campaign)
    return compare(
        "advance 100,000 due: product ÷ bare psycopg2",
        "steps",
        product=lambda: rate(step, lambda: through_the_product(corp)),
        bare=lambda: rate(step, lambda: through_psycopg2(corp, campaign)),
        target=0.90,
        rounds=3,
    )


def launched(corp: Corp) -> Campaign:
    steps = [
        {"after": {"hours": hours}, "action": "message", "content": [{"kind": "text", "text": f"After {hours} h"}]}
        for hours in (47, 72, 96)
    ]
    plan = {"corp": CORPID, "name": "Bench", "kind": "sop", "audience": {"all": []}, "enroll": "newcomers"}
    campaign = definitions.save(corp, plan | {"clock": "added_at", "steps": steps})
    campaign.launch()
    return campaign


def fill(corp: Corp, campaign: Campaign) -> int:
    version = campaign.versions.get()
    step = version.steps.order_by("position")[0].pk
    values = {"corp": corp.pk, "n": ENROLLMENTS, "staff": STAFF}
    with connection.cursor() as cursor:
        cursor.execute(FILL, values | {"campaign": campaign.pk, "version": version.pk, "step": step})
    return step


def rate(step: int, advance_all: Callable[[], int]) -> float:
    """Steps per second, from freshly vacuumed tables."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, {"step": step})
        cursor.execute("VACUUM ANALYZE campaigns_enrollment, campaigns_delivery, customers_follow, customers_digest")
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    advanced = advance_all()
    seconds = time.perf_counter() - began
    if advanced != ENROLLMENTS:
        raise RuntimeError(f"{advanced} of {ENROLLMENTS} were advanced")
    return ENROLLMENTS / seconds


def through_the_product(corp: Corp) -> int:
    return advance.run(corp, Budget(seconds=timedelta(minutes=10).total_seconds())).total()


def through_psycopg2(corp: Corp, campaign: Campaign) -> int:
    """The statements that the product sends, one transaction per thousand rows, and no Python of ours in between."""
    plan, moment = advance.Plan.of(campaign.versions.get(), corp), Moment.of(corp)
    values = {**moment.params(), **plan.params}
    first = plan.sql(None)
    database = connection.settings_dict
    raw = psycopg2.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], dbname=database["NAME"]
    )
    advanced, statement = 0, first
    with raw.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PLANNING, corp.pk])
            cursor.execute(statement, values)
            row = cursor.fetchone()
            raw.commit()
            if row is None:
                break
            counts, planned_at, pk = row
            advanced += sum((json.loads(counts) if isinstance(counts, str) else counts).values())
            values |= {"floor_at": planned_at, "floor_id": pk}
            statement = plan.sql((planned_at, pk)) if advanced % ROWS == 0 else first
    raw.close()
    return advanced
