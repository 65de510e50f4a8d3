"""Packages, the parts that they are made of, and the links that hand them out"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _parts()
    _packages()
    for table in ("task_part_chunk", "package_chunk"):  # sealed bytes don't compress
        op.execute(f"ALTER TABLE {table} ALTER COLUMN box SET STORAGE EXTERNAL")


def _parts() -> None:
    op.create_table(
        "task_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("record_refs", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_part_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_part")),
        sa.UniqueConstraint("task_id", "name", name=op.f("uq_task_part_name")),
    )
    op.create_table(
        "task_part_chunk",
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["task_part.id"], name=op.f("fk_task_part_chunk_part_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("part_id", "position", name=op.f("pk_task_part_chunk")),
    )


def _packages() -> None:
    op.create_table(
        "data_package",
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("chunks", sa.Integer(), nullable=True),
        sa.Column("members", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remove_on", sa.Date(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('building', 'ready', 'removed')", name=op.f("ck_data_package_state")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_data_package_request_id")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subject.subject_ref"], name=op.f("fk_data_package_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_package")),
        sa.UniqueConstraint("request_id", name=op.f("uq_data_package_request_id")),
    )
    building, ready = sa.text("state = 'building'"), sa.text("state = 'ready'")
    op.create_index("ix_data_package_building", "data_package", ["not_before"], postgresql_where=building)
    op.create_index("ix_data_package_ready", "data_package", ["remove_on", "id"], postgresql_where=ready)
    op.create_index("ix_data_package_subject_ref", "data_package", ["subject_ref"])
    op.create_table(
        "package_chunk",
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["data_package.id"], name=op.f("fk_package_chunk_package_id")),
        sa.PrimaryKeyConstraint("package_id", "fence", "position", name=op.f("pk_package_chunk")),
    )
    op.create_table(
        "package_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("maker_ref", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["package_id"], ["data_package.id"], name=op.f("fk_package_link_package_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_package_link_token_hash")),
    )
    op.create_index(op.f("ix_package_link_package_id"), "package_link", ["package_id"])
