"""Open consents that may have to be asked for again."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import NamedTuple
from uuid import UUID

from app.core.work import Work
from app.domain.capacity import Person
from app.domain.reconsent import OpenConsent, Refreshed
from app.domain.vocabulary import LegalCapacity

PAGE = """
WITH refreshed AS (
    SELECT * FROM json_to_recordset($1::text::json) AS refreshed (purpose text, at timestamptz, older text[])
), found AS (
    (
        SELECT id FROM consent
        WHERE quality = 'doubtful' AND ended_at IS NULL AND id >= $2 AND ($4::text IS NULL OR purpose = $4)
        ORDER BY id LIMIT $3
    )
    UNION
    (
        SELECT id FROM consent
        WHERE given_as <> 'self' AND ended_at IS NULL AND id >= $2 AND ($4::text IS NULL OR purpose = $4)
        ORDER BY id LIMIT $3
    )
    UNION
    SELECT older.id FROM refreshed CROSS JOIN LATERAL (
        SELECT id FROM consent
        WHERE (granted_at < refreshed.at OR notice_version = ANY (refreshed.older)) AND ended_at IS NULL AND id >= $2
            AND purpose = refreshed.purpose AND ($4::text IS NULL OR purpose = $4)
        ORDER BY id LIMIT $3
    ) AS older
    ORDER BY id LIMIT $3
)
SELECT id, subject_ref, purpose, granted_at, given_as, quality, notice_version, expires_on,
    (SELECT max(at) FROM consent_event WHERE consent_id = consent.id AND event = 'confirmed') AS confirmed_at,
    born_on, married_on, deceased_on, legal_capacity, erased_at IS NOT NULL AS erased
FROM found JOIN consent USING (id) JOIN subject USING (subject_ref)
ORDER BY id
"""


class Candidate(NamedTuple):
    """An open consent, and whose it is; nothing but the reference is known of the erased."""

    id: UUID
    subject_ref: str
    consent: OpenConsent
    person: Person
    erased: bool


async def candidates(
    work: Work, refreshed: Sequence[Refreshed], purpose: str | None, since: UUID, limit: int
) -> Sequence[Candidate]:
    """Open consents by the time of their making, from `since` on: doubtful, given by a representative, or older than a
    notice that wants them afresh. `purpose` None: to whichever.
    """
    driver = await work.driver()
    told = json.dumps([asdict(one) for one in refreshed], default=str)
    return [
        Candidate(
            row["id"],
            row["subject_ref"],
            OpenConsent(
                purpose=row["purpose"],
                granted_at=row["granted_at"],
                given_as=row["given_as"],
                quality=row["quality"],
                notice_version=row["notice_version"],
                confirmed_at=row["confirmed_at"],
                ends_on=row["expires_on"],
            ),
            Person(row["born_on"], row["married_on"], row["deceased_on"], LegalCapacity(row["legal_capacity"])),
            row["erased"],
        )
        for row in await driver.fetch(PAGE, told, since, limit, purpose)
    ]
