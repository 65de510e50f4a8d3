"""Reminders of deadlines, and what else falls due"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RESET = """
CREATE OR REPLACE FUNCTION sandbox_reset() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, keys, pg_temp AS $$
DECLARE
    guarded text;
    emptied text;
BEGIN
    IF (SELECT mode FROM deployment) IS DISTINCT FROM 'sandbox' THEN
        RAISE EXCEPTION 'only a sandbox can be reset';
    END IF;
    LOCK TABLE policy_overlay; -- what every unit of work reads first: those under way end, and no other holds a table yet
    UPDATE sandbox SET clock_offset = interval '0', catching_up_to = NULL;
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') INTO emptied FROM pg_tables
        WHERE schemaname IN ('public', 'keys')
          AND tablename NOT IN ('alembic_version', 'deployment', 'sandbox', 'policy_version');
    FOR guarded IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only_truncate' LOOP
        EXECUTE 'ALTER TABLE ' || guarded || ' DISABLE TRIGGER append_only_truncate';
    END LOOP;
    EXECUTE 'TRUNCATE ' || emptied;
    FOR guarded IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only_truncate' LOOP
        EXECUTE 'ALTER TABLE ' || guarded || ' ENABLE TRIGGER append_only_truncate';
    END LOOP;
    ALTER SEQUENCE request_reference RESTART;
END $$
"""
MINORS = """
UPDATE subject SET comes_of_age_on = of_age FROM (
    SELECT subject_ref, least(
        (CASE length(born_on) WHEN 4 THEN born_on || '-01-01' WHEN 7 THEN born_on || '-01' ELSE born_on END::date
         + interval '20 years')::date, married_on) AS of_age
    FROM subject WHERE born_on IS NOT NULL AND erased_at IS NULL
) known WHERE known.subject_ref = subject.subject_ref AND of_age > current_date
"""


def upgrade() -> None:
    op.create_table(
        "request_reminder",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("mark", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("addressees", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_request_reminder_request_id")),
        sa.PrimaryKeyConstraint("request_id", "deadline", "mark", name=op.f("pk_request_reminder")),
    )
    op.create_table(
        "holiday_warning",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_holiday_warning")),
    )
    for table in ("request_reminder", "holiday_warning"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _clocks_of_requests()
    _what_else_falls_due()
    op.add_column("sandbox", sa.Column("catching_up_to", sa.Interval(), nullable=True))
    op.execute(RESET)


def _clocks_of_requests() -> None:
    """Every open request is looked at once: what it is to be reminded of from today on follows."""
    op.add_column("rights_request", sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rights_request", sa.Column("reschedule_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE rights_request SET next_reminder_at = now() WHERE closed_at IS NULL")
    for name, columns, where in (
        ("open", ["due_on", "id", "kind"], "closed_at IS NULL"),
        ("received", ["received_on", "kind"], None),
        ("reminder", ["next_reminder_at", "id"], "next_reminder_at IS NOT NULL"),
        ("reschedule", ["reschedule_at", "id"], "reschedule_at IS NOT NULL"),
        ("decide", ["decide_by"], "decided_at IS NULL AND closed_at IS NULL"),
        ("complete", ["complete_by"], "closed_at IS NULL"),
        ("provisional", ["id"], "provisional AND closed_at IS NULL"),
    ):
        predicate = sa.text(where) if where else None
        op.create_index(f"ix_rights_request_{name}", "rights_request", columns, postgresql_where=predicate)


def _what_else_falls_due() -> None:
    op.add_column("representation", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_representation_end",
        "representation",
        ["valid_until"],
        postgresql_where=sa.text("approved_at IS NOT NULL AND ended_at IS NULL AND valid_until IS NOT NULL"),
    )
    op.add_column("subject", sa.Column("comes_of_age_on", sa.Date(), nullable=True))
    op.execute(MINORS)
    op.create_index(
        "ix_subject_comes_of_age",
        "subject",
        ["comes_of_age_on"],
        postgresql_where=sa.text("comes_of_age_on IS NOT NULL"),
    )
    op.add_column("deferred_erasure", sa.Column("evaluate_on", sa.Date(), nullable=True))
    op.execute("UPDATE deferred_erasure SET evaluate_on = until + 1")
    op.alter_column("deferred_erasure", "evaluate_on", nullable=False)
    op.add_column("deferred_erasure", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_deferred_erasure_due", table_name="deferred_erasure")
    op.create_index(
        "ix_deferred_erasure_due",
        "deferred_erasure",
        ["evaluate_on"],
        postgresql_where=sa.text("ended_at IS NULL AND due_at IS NULL"),
    )
