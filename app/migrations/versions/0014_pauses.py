"""The clock of a request stands still while the subject is asked, where the pack lets it"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rights_request", sa.Column("paused_on", sa.Date(), nullable=True))
    op.add_column("rights_request", sa.Column("paused_days", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("rights_request", "paused_days", server_default=None)
