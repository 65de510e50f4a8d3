"""What proves a consent, and for how long it can be read, under every shipped pack."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from app.core.sealing import SealBroken
from app.core.work import Actor, Work
from app.main import Process
from app.repositories import consents
from app.services import keys
from app.services.keys import KeyPurpose
from tests.support.api import Api
from tests.support.consents import given, withdraw
from tests.support.database import Database
from tests.support.members import register
from tests.support.packs import SHIPPED_PACKS

pytestmark = pytest.mark.packs(*SHIPPED_PACKS)
EVIDENCE = "signed form, binder 12"
REASON = "too many calls"


@asynccontextmanager
async def work_of(process: Process) -> AsyncIterator[Work]:
    async with process.works.open(Actor(sub="test"), "test") as work:
        yield work


async def proofs(work: Work, consent_id: str) -> tuple[object, object]:
    """The evidence of the grant and the reason of the withdrawal, unsealed."""
    consent = await consents.get(work, UUID(consent_id))
    assert consent is not None
    *_, withdrawn = await consents.events_of(work, consent.id)
    place = f"consent_event/{withdrawn.id}/reason"
    return (
        await keys.unseal(work, "M-1", KeyPurpose.EVIDENCE, consent.evidence, f"consent/{consent.id}/evidence"),
        await keys.unseal(work, "M-1", KeyPurpose.EVIDENCE, withdrawn.reason, place),
    )


@pytest.fixture
async def consent_id(api: Api) -> str:
    """A consent that was given with evidence, and withdrawn for a reason."""
    await register(api)
    record = await given(api, evidence=EVIDENCE)
    await withdraw(api.member("M-1"), record["id"], reason=REASON)
    identifier: str = record["id"]
    return identifier


async def test_the_proof_of_a_consent_outlives_the_profile(api: Api, consent_id: str) -> None:
    async with work_of(api.process) as work:
        await keys.destroy(work, "M-1", KeyPurpose.PROFILE)
    async with work_of(api.process) as work:
        assert await proofs(work, consent_id) == (EVIDENCE, REASON)


async def test_and_dies_with_its_own_key(api: Api, consent_id: str) -> None:
    async with work_of(api.process) as work:
        await keys.destroy(work, "M-1", KeyPurpose.EVIDENCE)
    async with work_of(api.process) as work:
        assert await proofs(work, consent_id) == (None, None)


async def test_the_proof_of_one_consent_does_not_pass_for_anothers(
    api: Api, database: Database, consent_id: str
) -> None:
    other = await given(api, evidence="another form")
    await database.execute(
        "UPDATE consent SET evidence = (SELECT evidence FROM consent WHERE id = $1) WHERE id = $2",
        UUID(other["id"]),
        UUID(consent_id),
    )
    async with work_of(api.process) as work:
        with pytest.raises(SealBroken):
            await proofs(work, consent_id)
