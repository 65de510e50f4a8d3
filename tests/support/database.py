"""Looking behind the service, for what must hold in the database itself."""

from dataclasses import dataclass

import asyncpg

UNCOUNTED = "('alembic_version', 'deployment', 'sandbox', 'policy_version')"


@dataclass(frozen=True)
class Database:
    """A test process's database: as its owner sees it, and the DSN of the service's own role."""

    owner: str
    service: str
    emptying: "asyncpg.Connection[asyncpg.Record] | None" = None
    """Kept, for what is prepared once on a connection and done before every test."""

    async def reset(self) -> None:
        """Empty every table."""
        assert self.emptying is not None
        await self.emptying.execute("SELECT sandbox_reset()")

    async def execute(self, statement: str, *arguments: object) -> None:
        """Run a statement."""
        connection = await asyncpg.connect(self.owner)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of a query."""
        connection = await asyncpg.connect(self.owner)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            return rows
        finally:
            await connection.close()

    async def counts(self) -> dict[str, int]:
        """Rows of each table."""
        tables = await self.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
            f"WHERE schemaname IN ('public', 'keys') AND tablename NOT IN {UNCOUNTED} ORDER BY 1"
        )
        union = " UNION ALL ".join(f"SELECT '{t['name']}' AS name, count(*) AS n FROM {t['name']}" for t in tables)
        return {row["name"]: row["n"] for row in await self.fetch(union)}
