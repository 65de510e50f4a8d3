"""Disclosures to recipients, and the register of refusals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("disclosure", "refusal")
ESCALATE_AT = """
UPDATE task SET escalate_at = (complete_by_internal - 1)::timestamp AT TIME ZONE 'Asia/Bangkok'
FROM rights_request WHERE request_id = rights_request.id AND task.status <> 'completed'
"""


def upgrade() -> None:
    _refusals()
    _disclosures()
    op.add_column("request_item", sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("request_item", sa.Column("refusal_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(ESCALATE_AT)
    op.create_index(
        "ix_task_escalation",
        "task",
        ["escalate_at"],
        unique=False,
        postgresql_where=sa.text("escalated_at IS NULL AND status <> 'completed'"),
    )
    op.create_index(
        "ix_task_leased",
        "task",
        ["system", "lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'claimed'"),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _refusals() -> None:
    op.create_table(
        "refusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("right", sa.String(), nullable=False),
        sa.Column("item_ref", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("provision", sa.String(), nullable=False),
        sa.Column("register_mandatory", sa.Boolean(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("complaint_info_given", sa.Boolean(), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_refusal_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
    )
    op.create_index("ix_refusal_subject_ref", "refusal", ["subject_ref", "id"], unique=False)
    op.create_index("ix_refusal_decided_at", "refusal", ["decided_at"], unique=False)
    op.create_index(op.f("ix_refusal_request_id"), "refusal", ["request_id"], unique=False)


def _disclosures() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("categories", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("record_refs", sa.ARRAY(sa.String()), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("system", sa.String(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["subject_ref"], ["subject.subject_ref"], name=op.f("fk_disclosure_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index("ix_disclosure_subject_ref", "disclosure", ["subject_ref", "id"], unique=False)
