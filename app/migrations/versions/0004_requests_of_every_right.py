"""What requests of the remaining rights keep besides"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rights_request", sa.Column("particulars", sa.LargeBinary(), nullable=True))
    op.add_column("task", sa.Column("result", sa.LargeBinary(), nullable=True))
