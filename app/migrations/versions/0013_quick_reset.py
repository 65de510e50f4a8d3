"""A small sandbox is emptied row by row, which takes milliseconds where emptying each table takes a second"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('sitthi.reset', true) = 'on' AND EXISTS (SELECT FROM deployment WHERE mode = 'sandbox') THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""
RESET = """
CREATE OR REPLACE FUNCTION sandbox_reset() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, keys, pg_temp AS $$
DECLARE
    one regclass;
    every regclass[];
    filled regclass[] := '{}';
    free regclass[];
    filled_here boolean;
    large_here boolean;
    large boolean := false;
BEGIN
    IF (SELECT mode FROM deployment) IS DISTINCT FROM 'sandbox' THEN
        RAISE EXCEPTION 'only a sandbox can be reset';
    END IF;
    LOCK TABLE policy_overlay; -- what every unit of work reads first: those under way end, and no other holds a table yet
    UPDATE sandbox SET clock_offset = interval '0', catching_up_to = NULL;
    PERFORM set_config('sitthi.reset', 'on', true);
    SELECT array_agg(format('%I.%I', schemaname, tablename)::regclass) INTO every FROM pg_tables
        WHERE schemaname IN ('public', 'keys')
          AND tablename NOT IN ('alembic_version', 'deployment', 'sandbox', 'policy_version');
    FOREACH one IN ARRAY every LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s), EXISTS (SELECT FROM %s OFFSET 1000)', one, one) INTO filled_here, large_here;
        filled := CASE WHEN filled_here THEN filled || one ELSE filled END;
        large := large OR large_here;
    END LOOP;
    IF large THEN
        EXECUTE 'TRUNCATE ' || array_to_string(every, ', ');
        filled := '{}';
    END IF;
    WHILE cardinality(filled) > 0 LOOP
        SELECT array_agg(leaf) INTO free FROM unnest(filled) AS leaf WHERE NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE contype = 'f' AND confrelid = leaf AND conrelid <> leaf AND conrelid = ANY (filled)
        );
        FOREACH one IN ARRAY free LOOP
            EXECUTE format('DELETE FROM %s', one);
        END LOOP;
        SELECT coalesce(array_agg(rest), '{}') INTO filled FROM unnest(filled) AS rest WHERE NOT rest = ANY (free);
    END LOOP;
    PERFORM setval('request_reference', 1, false), set_config('sitthi.reset', '', true);
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE)
    op.execute(RESET)
