"""Alembic's entry: runs on the connection that `upgrade.migrate` hands over, or writes SQL for a DBA (`--sql`)."""

from alembic import context
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)

options = {"target_metadata": SQLModel.metadata, "include_schemas": True, "compare_server_default": True}
connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(dialect_name="postgresql", literal_binds=True, **options)
else:
    context.configure(connection=connection, **options)
with context.begin_transaction():
    context.run_migrations()
