"""The migrated schema is the one that the models describe, by one line of revisions."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.core.database import create_engine
from app.migrations.upgrade import configuration, newest_revision
from tests.architecture.source import VERSIONS
from tests.support.database import Database


def test_there_is_one_head_and_every_file_leads_to_it() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    line = [revision.revision for revision in scripts.walk_revisions()]
    assert scripts.get_heads() == [newest_revision()]
    assert len(line) == len(list(VERSIONS.glob("[0-9]*.py")))


def test_revisions_are_numbered_like_their_files() -> None:
    for script in ScriptDirectory.from_config(configuration()).walk_revisions():
        assert VERSIONS.joinpath(script.path).name.startswith(f"{script.revision}_")


def differences(connection: Connection) -> list[object]:
    options = {"include_schemas": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata))


async def test_models_and_migrated_schema_do_not_drift_apart(database: Database) -> None:
    engine = create_engine(database.owner, name="drift", pool_size=0)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()
