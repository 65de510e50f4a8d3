"""Delivery of messages to people"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PENDING = sa.text("state IN ('waiting', 'failed')")
FILL = """
UPDATE outgoing_message SET not_before = at, good_until = at, fence = 0, attempts = 0,
    state = CASE WHEN (SELECT mode FROM deployment) = 'sandbox' THEN 'sent' ELSE 'given_up' END
"""


def upgrade() -> None:
    columns: list[sa.Column[Any]] = [
        sa.Column("state", sa.String()),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("good_until", sa.DateTime(timezone=True)),
        sa.Column("fence", sa.Integer()),
        sa.Column("attempts", sa.Integer()),
    ]
    for column in columns:
        op.add_column("outgoing_message", column)
    op.add_column("outgoing_message", sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outgoing_message", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outgoing_message", sa.Column("failure", sa.String(), nullable=True))
    op.add_column("outgoing_message", sa.Column("address", sa.LargeBinary(), nullable=True))
    op.execute(FILL)
    for column in columns:
        op.alter_column("outgoing_message", column.name, nullable=False)
    op.alter_column("outgoing_message", "content", nullable=True)
    op.create_check_constraint(
        op.f("ck_outgoing_message_state"), "outgoing_message", "state IN ('waiting', 'failed', 'sent', 'given_up')"
    )
    op.create_check_constraint(
        op.f("ck_outgoing_message_address_while_pending"),
        "outgoing_message",
        "(address IS NOT NULL) = (state IN ('waiting', 'failed'))",
    )
    op.create_index("ix_outgoing_message_claim", "outgoing_message", ["via", "not_before"], postgresql_where=PENDING)
    op.create_index("ix_outgoing_message_good_until", "outgoing_message", ["good_until"], postgresql_where=PENDING)
    op.add_column("identity_challenge", sa.Column("address", sa.LargeBinary(), nullable=True))
