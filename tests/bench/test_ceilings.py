"""Grants and withdrawals are measured against the service's very statements, in their order."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core.work import Lent
from app.main import Process
from bench.ceilings.consent import GRANT, WITHDRAWAL, Asked, grant, withdrawal
from bench.ceilings.pgbench import bound
from tests.support.api import Api
from tests.support.consents import consent
from tests.support.members import register

ASKED = Asked("life_insurance_assessment", ("health",), ("insurer",), "0" * 64)
SWEPT = "DELETE FROM kept_answer"


@pytest.fixture
async def sent(process: Process) -> AsyncIterator[list[str]]:
    """What the service's calls on its lane send from now on; all of them over one connection."""
    told: list[str] = []

    def tell(query: "asyncpg.connection.LoggedQuery") -> None:
        told.append(query.query)

    async with Lent(process.works.lane) as connection:
        connection.add_query_logger(tell)
    yield told
    async with Lent(process.works.lane) as connection:
        connection.remove_query_logger(tell)


async def test_a_grant_and_a_withdrawal_send_what_pgbench_does(api: Api, sent: list[str]) -> None:
    await grant_and_withdraw(api, "M-1", sent)  # the driver asks for types that it has not met
    granted, withdrawn = await grant_and_withdraw(api, "M-2", sent)
    assert granted == [flat(one) for one in GRANT]
    assert withdrawn == [flat(one) for one in WITHDRAWAL]


@pytest.mark.parametrize(("script", "expected"), [(grant(ASKED), GRANT), (withdrawal(ASKED), WITHDRAWAL)])
def test_the_script_has_every_statement_in_one_transaction(script: str, expected: tuple[str, ...]) -> None:
    lines = script.splitlines()[1:]
    assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;")
    for line, statement in zip(lines[1:-1], expected, strict=True):
        assert line.replace("SELECT uuidv7() AS id,", "SELECT").startswith(flat(statement).partition("$")[0])
    assert "$" not in script


def test_parameters_become_variables() -> None:
    assert (
        bound("SELECT $2,\n  $1 WHERE $2 = $10", *(f":v{n}" for n in range(1, 11)))
        == "SELECT :v2, :v1 WHERE :v2 = :v10"
    )


async def grant_and_withdraw(api: Api, subject_ref: str, sent: list[str]) -> tuple[list[str], list[str]]:
    """What is sent for each."""
    await register(api, subject_ref)
    sent.clear()
    granted = await api.staff.post("/v1/consents", consent(subject_ref), headers={"Idempotency-Key": subject_ref})
    assert granted.status_code == 201
    first = statements(sent)
    sent.clear()
    path = f"/v1/consents/{granted.json()['id']}/withdrawal"
    withdrawn = await api.staff.post(path, {"channel": "counter"}, headers={"Idempotency-Key": subject_ref})
    assert withdrawn.status_code == 200
    return first, statements(sent)


def statements(sent: list[str]) -> list[str]:
    """Without the ends of the transaction, and without the sweep that one call in sixteen makes."""
    return [flat(one) for one in sent if not one.rstrip(";").startswith(("BEGIN", "COMMIT", SWEPT, f"\n{SWEPT}"))]


def flat(statement: str) -> str:
    return " ".join(statement.split())
