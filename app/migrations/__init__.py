"""The schema's history (Alembic), and the one function that brings a database up to date."""
