"""The statements of a grant and of a withdrawal as pgbench runs them: taken from the repositories, so that none is missing.

Left out is what the service does once in sixteen calls, dropping old answers. Whose consent it is stands in a table of
targets, read within a statement that the service makes too; identifiers are drawn by the server.
"""

from dataclasses import dataclass

from app.repositories import answers, consents, last_rows, process, subjects
from bench.ceilings.pgbench import bound, transaction

CALLER = "'" + "0" * 64 + "'"
ROUTE = "'/v1/pgbench'"
BODY = "decode(repeat('ab', 900), 'hex')"
YESTERDAY = "now() - interval '24 hours'"
BEGIN = (
    r"\set key random(1, 1000000000000000)",
    "BEGIN",
    bound(process.STATE),
    bound(answers.LOOK, CALLER, ROUTE, ":key", YESTERDAY),
)


GRANT = (
    process.STATE,
    answers.LOOK,
    subjects.STANDING_LOCKED,
    consents.OPEN_FOR,
    consents.ADD,
    answers.KEEP,
    last_rows.INSERT,
)
"""What the service sends for a grant, in this order, between BEGIN and COMMIT."""
WITHDRAWAL = (
    process.STATE,
    answers.LOOK,
    consents.GET,
    subjects.STANDING_LOCKED,
    consents.OPEN_FOR,
    consents.END,
    answers.KEEP,
    last_rows.INSERT,
)
"""The same for a withdrawal."""


@dataclass(frozen=True)
class Asked:
    """What consents are about: one purpose, to all that it takes, under the digest of a notice or policy."""

    purpose: str
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    digest: str


def grant(asked: Asked) -> str:
    """The script of grants."""
    target = "(SELECT subject_ref FROM bench.grant_target WHERE n = (SELECT nextval('bench.grant_turn')))"
    locked = bound(subjects.STANDING_LOCKED, target).replace("SELECT", "SELECT uuidv7() AS id,", 1)
    return transaction(
        (
            *BEGIN,
            rf"{locked} \gset",
            bound(consents.OPEN_FOR, ":subject_ref", _array(asked.purpose)),
            bound(consents.ADD, *_consent(asked), *_event("granted")),
            *_ending("consent.granted", asked),
        )
    )


def withdrawal(asked: Asked) -> str:
    """The script of withdrawals."""
    target = "(SELECT consent_id FROM bench.withdrawal_target WHERE n = (SELECT nextval('bench.withdrawal_turn')))"
    event, at, *told = _event("withdrawn")
    return transaction(
        (
            *BEGIN,
            rf"{bound(consents.GET, f'ARRAY[{target}]')} \gset",
            bound(subjects.STANDING_LOCKED, ":subject_ref"),
            bound(consents.OPEN_FOR, ":subject_ref", _array(asked.purpose)),
            bound(consents.END, ":id", event, ":id", at, *told),
            *_ending("consent.withdrawn", asked),
        )
    )


def _consent(asked: Asked) -> tuple[str, ...]:
    bound_to = (f"'{asked.purpose}'", _array(*asked.categories), _array(*asked.recipients), "true")
    shown = ("'pgbench'", f"'{asked.digest}'", "'counter'", "'th'")
    given = (":subject_ref", "'self'", "NULL", "NULL", "'none'", "now()")
    rest = ("NULL", "NULL", "NULL", "'sound'", "'{}'", f"'{asked.digest}'", "1")
    return (":id", ":subject_ref", *bound_to, *shown, *given, *rest)


def _event(kind: str) -> tuple[str, ...]:
    return ("uuidv7()", "now()", f"'{kind}'", "'counter'", "'sandbox-staff'", "NULL")


def _ending(act: str, asked: Asked) -> tuple[str, ...]:
    """The kept answer, the event for systems and the audit entry."""
    subject = "'subject_ref', :subject_ref::text, "
    told = f"'consent_id', :id::text, {subject}'purpose', '{asked.purpose}'"
    event = f"'id', uuidv7(), 'type', '{act}', 'occurred_at', now(), 'data', json_build_object({told})"
    who = f"'id', uuidv7(), 'at', now(), 'actor', 'sandbox-staff', 'roles', ARRAY['staff'], 'action', '{act}', "
    which = f"'object_type', 'consent', 'object_id', :id::text, {subject}"
    details = f"'categories', {_array(*asked.categories)}, 'purpose', '{asked.purpose}', 'channel', 'counter'"
    entry = (
        f"{who}{which}'details', json_build_object({details}), 'policy', '{asked.digest}', 'request_id', '{'0' * 36}'"
    )
    kept = (CALLER, ROUTE, ":key", "'fingerprint'", "201", "'[]'", "'pgbench'", BODY, "now()", YESTERDAY)
    return (
        bound(answers.KEEP, *kept),
        bound(last_rows.INSERT, _json(event), _json(entry)),
        "COMMIT",
    )


def _array(*codes: str) -> str:
    return "ARRAY[" + ", ".join(f"'{code}'" for code in codes) + "]::text[]"


def _json(members: str) -> str:
    return f"json_build_array(json_build_object({members}))"
