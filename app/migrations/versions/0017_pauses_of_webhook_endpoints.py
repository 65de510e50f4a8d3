"""A webhook endpoint that takes nothing is left alone for a while, by all workers"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_endpoint", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("webhook_endpoint", "failures", server_default=None)
    op.add_column("webhook_endpoint", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
