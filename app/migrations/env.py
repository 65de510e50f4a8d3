"""Alembic's entry: runs on the connection that `upgrade.migrate` hands over, or writes SQL for a DBA (`--sql`)."""

from alembic import context
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)

connection = context.config.attributes.get("connection")
context.configure(
    connection=connection,
    dialect_name=None if connection is not None else "postgresql",
    target_metadata=SQLModel.metadata,
    include_schemas=True,
    compare_server_default=True,
    literal_binds=connection is None,
)
with context.begin_transaction():
    context.run_migrations()
