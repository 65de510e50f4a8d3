"""Guards that the database keeps itself: append-only tables, the reference sequence, and the sandbox's reset."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entry", "consent_event", "request_event", "erasure_ledger", "deployment", "policy_version")

RESET = """
CREATE FUNCTION sandbox_reset() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, keys, pg_temp AS $$
DECLARE
    guarded text;
    emptied text;
BEGIN
    IF (SELECT mode FROM deployment) IS DISTINCT FROM 'sandbox' THEN
        RAISE EXCEPTION 'only a sandbox can be reset';
    END IF;
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
    UPDATE sandbox SET clock_offset = interval '0';
END $$
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE request_reference")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(RESET)
    op.execute("REVOKE ALL ON FUNCTION sandbox_reset() FROM PUBLIC")
