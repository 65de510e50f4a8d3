"""Deletion cases are reminded of like requests"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every open case is looked at once: what it is to be reminded of from today on follows."""
    op.create_table(
        "deletion_case_reminder",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["deletion_case.id"], name=op.f("fk_deletion_case_reminder_case_id")),
        sa.PrimaryKeyConstraint("case_id", "mark", name=op.f("pk_deletion_case_reminder")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON deletion_case_reminder "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON deletion_case_reminder "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("deletion_case", sa.Column("next_reminder_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE deletion_case SET next_reminder_at = now() WHERE status = 'open'")
    op.create_index(
        "ix_deletion_case_reminder",
        "deletion_case",
        ["next_reminder_at", "id"],
        postgresql_where=sa.text("status = 'open'"),
    )
