"""Consent complete, who may act for whom, and what stands against processing"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("policy_overlay", "notice_acknowledgement", "consent_receipt", "compatibility_assessment")


def upgrade() -> None:
    op.create_table(
        "compatibility_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("further_purpose", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("compatible", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("assessed_by", sa.String(), nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compatibility_assessment")),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("public_jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("master_key", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
        schema="keys",
    )
    op.create_table(
        "policy_overlay",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_policy_overlay")),
    )
    op.create_table(
        "notice_acknowledgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_ref"], ["subject.subject_ref"], name=op.f("fk_notice_acknowledgement_subject_ref")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_acknowledgement")),
        sa.UniqueConstraint("subject_ref", "notice_id", name=op.f("uq_notice_acknowledgement_subject_ref_notice_id")),
    )
    op.create_table(
        "representation",
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("representative_ref", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("rights", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "relation IN ('parent', 'guardian', 'custodian', 'curator', 'attorney', 'heir')",
            name=op.f("ck_representation_relation"),
        ),
        sa.ForeignKeyConstraint(["subject_ref"], ["subject.subject_ref"], name=op.f("fk_representation_subject_ref")),
        sa.PrimaryKeyConstraint("subject_ref", "representative_ref", name=op.f("pk_representation")),
    )
    op.create_index("ix_representation_representative_ref", "representation", ["representative_ref"], unique=False)
    op.create_table(
        "consent_receipt",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("jws", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_receipt_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", "state", name=op.f("pk_consent_receipt")),
    )
    op.create_table(
        "deletion_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("purposes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("consent_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_deletion_case_status")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_deletion_case_request_id")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subject.subject_ref"], name=op.f("fk_deletion_case_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_case")),
    )
    op.create_index(
        "ix_deletion_case_due", "deletion_case", ["decide_by", "id"], unique=False, postgresql_where="status = 'open'"
    )
    op.create_index("ix_deletion_case_subject_ref", "deletion_case", ["subject_ref"], unique=False)
    op.create_table(
        "processing_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_ref", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("purposes", sa.ARRAY(sa.String()), nullable=True),
        sa.Column("record_refs", sa.ARRAY(sa.String()), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('restriction', 'objection')", name=op.f("ck_processing_limit_kind")),
        sa.CheckConstraint("(purposes IS NULL) <> (record_refs IS NULL)", name=op.f("ck_processing_limit_one_scope")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_processing_limit_request_id")),
        sa.ForeignKeyConstraint(["subject_ref"], ["subject.subject_ref"], name=op.f("fk_processing_limit_subject_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processing_limit")),
    )
    op.create_index(
        "ix_processing_limit_open",
        "processing_limit",
        ["subject_ref"],
        unique=False,
        postgresql_where="lifted_at IS NULL",
    )
    op.create_index("ix_processing_limit_request_id", "processing_limit", ["request_id"], unique=False)
    op.add_column("consent", sa.Column("given_as", sa.String(), nullable=False, server_default="self"))
    op.alter_column("consent", "given_as", server_default=None)
    op.add_column("consent", sa.Column("wording", sa.ARRAY(sa.String()), nullable=False, server_default="{}"))
    op.alter_column("consent", "wording", server_default=None)
    op.alter_column("consent", "notice_version", existing_type=sa.VARCHAR(), nullable=True)
    op.alter_column("consent", "notice_sha256", existing_type=sa.VARCHAR(), nullable=True)
    op.create_index(
        "ix_consent_expiry",
        "consent",
        ["expires_on", "id"],
        unique=False,
        postgresql_where="ended_at IS NULL AND expires_on IS NOT NULL",
    )
    op.create_index(
        "ix_consent_doubtful",
        "consent",
        ["id"],
        unique=False,
        postgresql_where="quality = 'doubtful' AND ended_at IS NULL",
    )
    op.create_index(
        "ix_consent_represented",
        "consent",
        ["id"],
        unique=False,
        postgresql_where="given_as <> 'self' AND ended_at IS NULL",
    )
    op.create_index("ix_consent_purpose", "consent", ["subject_ref", "purpose", "id"], unique=False)
    op.create_index(
        "uq_task_notify_subject",
        "task",
        ["subject_ref"],
        unique=True,
        postgresql_where="kind = 'notify_subject' AND request_id IS NULL",
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
