"""May this step go out now? One judgement in SQL, for what falls due (advance) and for what was held (release).

It reads a CTE `facts` with these columns and adds `reason`, `status`, `held_to`, `deadline` and `detail`:

    id, customer_id, action, turn (whose place comes first), planned_at, base_at (lateness counts from here),
    entered_at, late_after, wanted (the step's condition), follow_status, follow_ended_at, staff_active, expires_after,
    deadline_so_far, used (places of the quota window that are taken), blocked_until (WeCom said the window is full)
"""

from campaigns.engine import rhythm
from campaigns.quota import used_sql

REASON = """
    CASE WHEN planned_at < entered_at THEN 'before_entry'
         WHEN follow_status <> 'live' THEN follow_status
         WHEN NOT staff_active THEN 'staff_left'
         WHEN %(now)s - base_at > late_after THEN 'late'
         WHEN NOT wanted THEN 'condition'
         WHEN %(quiet_until)s::timestamptz IS NOT NULL THEN 'quiet_hours'
         ELSE '' END
"""

DETAIL = """
    CASE reason
    WHEN 'before_entry' THEN jsonb_build_object('planned_at', planned_at, 'entered_at', entered_at)
    WHEN 'late' THEN jsonb_build_object(
        'late_by_minutes', floor(extract(epoch FROM %(now)s - base_at) / 60)::int,
        'allowed_minutes', floor(extract(epoch FROM late_after) / 60)::int)
    WHEN 'quota' THEN jsonb_build_object('used', taken, 'cap', %(cap)s::int, 'window', %(window)s::text)
        || CASE WHEN blocked THEN jsonb_build_object('told_by_wecom', TRUE) ELSE jsonb_build_object() END
    WHEN 'quiet_hours' THEN jsonb_build_object('from', %(quiet_from)s::text, 'until', %(quiet_until)s::timestamptz)
    WHEN 'lost' THEN jsonb_build_object('ended_at', follow_ended_at)
    WHEN 'dropped' THEN jsonb_build_object('ended_at', follow_ended_at)
    ELSE jsonb_build_object() END
"""

# A place may be taken by a send that staff confirmed in an earlier window, if WeCom has yet to be asked about it.
UNASKED = """
    EXISTS (SELECT FROM campaigns_delivery q JOIN campaigns_batch b ON b.id = q.batch_id
            WHERE q.customer_id = third_look.customer_id AND q.uses_quota AND q.status = 'handed'
              AND b.status = 'handed' AND (b.next_collect_at <= %(now)s OR b.next_try_at IS NOT NULL))
"""
ASK_AGAIN = f"interval '{rhythm.COLLECT_AGAIN.total_seconds():.0f} seconds'"

# `taken`: places that are gone, those of the customer's own deliveries in this statement included that go first.
JUDGED = f"""
first_look AS (
    SELECT facts.*, {REASON} AS hindrance, COALESCE(blocked_until > %(now)s, FALSE) AS blocked
    FROM facts
), second_look AS (
    SELECT first_look.*,
           used + row_number() OVER (PARTITION BY customer_id, hindrance, action ORDER BY turn) - 1 AS taken
    FROM first_look
), third_look AS (
    SELECT second_look.*,
           CASE WHEN hindrance = '' AND action = 'message' AND (blocked OR taken >= %(cap)s) THEN 'quota'
                ELSE hindrance END AS reason,
           GREATEST(%(free_at)s, blocked_until) AS free_again,
           COALESCE(deadline_so_far, GREATEST(planned_at, %(quiet_until)s::timestamptz) + expires_after) AS latest
    FROM second_look
), fourth_look AS (
    SELECT third_look.*,
           CASE WHEN reason = 'quiet_hours' THEN %(quiet_until)s
                WHEN reason = 'quota' AND free_again < latest THEN free_again
                WHEN reason = 'quota' AND NOT blocked AND %(now)s < latest AND {UNASKED} THEN %(now)s + {ASK_AGAIN}
           END AS held_to
    FROM third_look
), judged AS (
    SELECT fourth_look.*,
           CASE WHEN held_to IS NOT NULL THEN 'held'
                WHEN reason <> '' THEN 'skipped'
                WHEN action = 'task' THEN 'handed'
                ELSE 'ready' END AS status,
           CASE WHEN reason = '' AND action = 'task' THEN %(now)s + expires_after ELSE latest END AS deadline,
           {DETAIL} AS detail
    FROM fourth_look
)"""

# What a message is judged by; nothing of it concerns a task.
USED = f"CASE WHEN s.action = 'message' THEN {used_sql('{customer}')} ELSE 0 END"
BLOCKED = "CASE WHEN s.action = 'message' THEN block.until END"
WITHOUT_QUOTA = ("0::bigint", "NULL::timestamptz")

# The deliveries of follow-up steps that were let through become work: `let` holds them.
FOLLOW_UPS = """
follow_ups AS (
    INSERT INTO campaigns_task (corp_id, staff_id, customer_id, kind, delivery_id, title, script, status, reason,
                                due_at, expires_at, created_at)
    SELECT %(corp)s, let.staff_id, let.customer_id, 'follow_up', let.id, s.title, s.script, 'open', '',
           let.planned_at, let.expires_at, %(now)s
    FROM let JOIN campaigns_step s ON s.id = let.step_id
    WHERE let.status = 'handed'
    ON CONFLICT (delivery_id) DO NOTHING
)"""
