"""The members of the stories, and what the cooperative holds about the one who left."""

from datetime import date
from typing import Any


def years_before(today: date, years: int) -> str:
    """The same day some years ago (28 February for a leap day)."""
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return today.replace(year=today.year - years, day=day).isoformat()


def particulars(today: date) -> dict[str, Any]:
    """Resigned eleven years ago, still paying off a loan."""
    return {
        "kind": "member",
        "born_on": "1968-04-09",
        "membership": {"joined_on": years_before(today, 30), "ended_on": years_before(today, 11)},
        "contacts": {"phone": "+66812345678", "email": "member@cooperative.example"},
        "language": "th",
    }


def in_membership(today: date) -> dict[str, Any]:
    """A member still."""
    return {"kind": "member", "born_on": "1981-02-03", "membership": {"joined_on": years_before(today, 12)}}


def records(today: date) -> list[dict[str, Any]]:
    """Deposits, an open loan, a closed emergency loan, credit life cover, the member file, and paper."""

    def held(ref: str, kind: str, events: dict[str, int], **more: Any) -> dict[str, Any]:
        return {
            "record_ref": ref,
            "kind": kind,
            "events": {name: years_before(today, years) for name, years in events.items()},
            "system": "core_banking",
            "storage": "database",
            "categories": ["personal_identity", "financial"],
            "lawful_basis": "contract",
            **more,
        }

    return [
        held("DEP-2013-0007", "deposit", {"deposit_made": 12}),
        held("DEP-2019-0131", "deposit", {"deposit_made": 7}),
        held("DEP-2023-0452", "deposit", {"deposit_made": 3}),
        held("LOAN-2016-003", "loan_contract", {"loan_contract_expired": 1}, conditions=["debt_outstanding"]),
        held("ELOAN-2017-09", "emergency_loan_contract", {"emergency_loan_contract_expired": 6, "loan_settled": 6}),
        held("CLI-2016-003", "credit_life_insurance", {}, categories=["health"], insurer="sahaprakan"),
        held("EDU-1995", "member_data", {}, categories=["education_history"]),
        held("MEMBER-FILE", "member_data", {}, conditions=["open_debt_or_guarantee"]),
        held("PAPER-WD-2012", "withdrawal", {"withdrawal_made": 13}, storage="paper"),
    ]
