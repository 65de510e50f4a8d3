"""The promises of PRODUCT.md, checked after every step of a program against what the model says."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from tests.stateful.model import Case, Person, World
from tests.support.api import Api
from tests.support.evaluations import MANY, question

OTHERS = (
    "/v1/subjects/{person}",
    "/v1/subjects/{person}/records",
    "/v1/subjects/{person}/retention",
    "/v1/subjects/{person}/processing",
    "/v1/subjects/{person}/representatives",
    "/v1/requests?subject_ref={person}",
    "/v1/consents?subject_ref={person}",
    "{case}",
    "{case}/timeline",
    "{case}/messages",
    "{case}/changes",
)
DECIDED, RECEIVED, COMPLETED = "request.decided", "request.received", "request.completed"
STATE = """
SELECT r.id::text, r.status, r.outcome, r.received_on, r.decide_by, r.complete_by, r.identity_state,
    (SELECT count(*) FROM task WHERE request_id = r.id) AS tasks,
    (SELECT count(*) FROM task WHERE request_id = r.id AND status <> 'completed' AND kind <> 'lift_restriction') AS left,
    (SELECT count(*) FROM request_item WHERE request_id = r.id) AS items,
    (SELECT count(*) FROM processing_limit WHERE request_id = r.id AND lifted_at IS NULL AND NOT final) AS limits,
    (SELECT coalesce(array_agg(event ORDER BY id), '{}') FROM request_event WHERE request_id = r.id) AS events
FROM rights_request r
"""
CLEAR = """
SELECT 'audit_entry' AS place, t::text AS row FROM audit_entry t WHERE t::text ~ $1
UNION ALL SELECT 'outgoing_event', t::text FROM outgoing_event t WHERE t::text ~ $1
UNION ALL SELECT 'request_event', t::text FROM request_event t WHERE t::text ~ $1
"""


class Promises:
    """Looks at the service from outside and at its tables from beneath, over one connection of the owner's."""

    def __init__(
        self,
        api: Api,
        connection: "asyncpg.Connection[asyncpg.Record]",
        world: World,
        logged: Sequence[Mapping[str, Any]],
    ) -> None:
        self.api, self.database, self.world, self.logged = api, connection, world, logged
        self.dpo, self.core, self.probes, self.heard = api.dpo, api.core, 0, 0

    async def audited(self) -> int:
        """How many audit entries there are."""
        count: int = await self.database.fetchval("SELECT count(*) FROM audit_entry")
        return count

    async def all_hold(self, touched: Case | None) -> None:
        """Every promise, now."""
        await self.what_was_taken_back_is_a_no()
        await self.every_acknowledged_request_stands()
        await self.erased_stays_erased()
        await self.nobody_sees_anothers()
        await self.nothing_personal_lies_about()
        if touched is not None:
            await self.it_reads_as_it_stands(touched)

    async def what_was_taken_back_is_a_no(self) -> None:
        """Promise 1; and 7 in so far as one policy answers all."""
        asked = [(False, person, one) for person in self.world.people for one in self.world.must_be_no(person)]
        asked += [(True, person, one) for person in self.world.people for one in self.world.must_be_yes(person)]
        if not asked:
            return
        questions = [question("use", purpose, of=p.ref, **properties) for _, p, (purpose, properties) in asked]
        answers = (await self.core.post(MANY, {"evaluations": questions})).json()["evaluations"]
        for (wanted, person, about), answer in zip(asked, answers, strict=True):
            told = [reason["code"] for reason in answer["context"]["reasons"]]
            assert answer["decision"] is wanted, f"{person.ref} {about} must be {wanted}: {told}"
        assert len({answer["context"]["policy"] for answer in answers}) == 1

    async def every_acknowledged_request_stands(self) -> None:
        """Promise 3, in the tables; and of 4: while identity is unproven nothing has come of a request."""
        rows = {row["id"]: row for row in await self.database.fetch(STATE)}
        assert rows.keys() == {case.id for case in self.world.cases}
        for case in self.world.cases:
            row, events = rows[case.id], list(rows[case.id]["events"])
            assert row["status"] == case.status, f"{case.kind} stands at {row['status']}, not {case.status}"
            assert events[: len(case.told)] == case.told, "the timeline only grows"
            case.told = events
            assert events.count(RECEIVED) == 1
            assert events.count(DECIDED) == (row["outcome"] is not None)
            assert events.count(COMPLETED) == (case.status == "completed")
            days = 0 if case.required == "low" and case.kind == "objection" else LAST_DAY
            assert row["received_on"] == case.received_on
            assert row["decide_by"] >= case.received_on + timedelta(days=days)
            assert row["complete_by"] >= row["decide_by"]
            assert (row["left"] > 0) == (case.status == "in_fulfilment"), f"{row['left']} tasks are left"
            if row["identity_state"] != "proven":
                assert (row["tasks"], row["items"], row["limits"]) == (0, 0, 0), "an unproven identity gets nothing"
                assert case.status in {"identity_pending", "lapsed", "cancelled"}

    async def erased_stays_erased(self) -> None:
        """Promises 2 and 6."""
        world = self.world
        rows = await self.database.fetch("SELECT subject_ref, record_ref, state FROM held_record")
        states = {(row["subject_ref"], row["record_ref"]): row["state"] for row in rows}
        for person in world.people:
            for record in person.records.values():
                ended = states.get((person.ref, record.ref)) in {"erased", "anonymised"}
                assert ended == record.erased, f"{person.ref} {record.ref} is {states.get((person.ref, record.ref))}"
        query = """
        SELECT subject_ref, erased_at IS NOT NULL AS erased, profile IS NOT NULL AS profile,
            EXISTS (SELECT FROM keys.subject_key k WHERE k.subject_ref = s.subject_ref AND purpose = 'profile') AS key
        FROM subject s
        """
        for row in await self.database.fetch(query):
            person = next(one for one in world.people if one.ref == row["subject_ref"])
            assert row["erased"] or not person.erased, "nothing erased comes back"
            if row["erased"]:
                assert not row["profile"]
                assert not row["key"]
                if not person.erased:
                    assert not person.law_keeps(None, world.today)
                    assert not person.is_on_hold(None)
                    assert all(record.erased for record in person.records.values())
                person.erased = True

    async def nobody_sees_anothers(self) -> None:
        """Promise 4, by one probe a step, which leaves its entry (promise 5)."""
        self.probes += 1
        people = self.world.people
        person, other = people[self.probes % 3], people[(self.probes + 1 + self.probes // 3 % 2) % 3]
        case = next((case.path for case in reversed(self.world.cases) if case.person is person), "")
        reachable = [template for template in OTHERS if case or "case" not in template]
        template = reachable[self.probes % len(reachable)]
        before = await self.audited()
        path = template.format(person=person.ref, case=case)
        answer = await self.api.member(other.ref, "high").get(path)
        assert answer.status_code == 404, f"{other.ref} is answered {answer.status_code} to {path}"
        assert await self.audited() == before + 1, f"{path} leaves no entry"

    async def nothing_personal_lies_about(self) -> None:
        """Promise 5: neither entries nor events nor logs hold what was said."""
        pattern = "|".join(self.world.canaries())
        found = await self.database.fetch(CLEAR, pattern)
        assert not found, f"{[(row['place'], row['row']) for row in found]}"
        new, self.heard = json.dumps([*self.logged[self.heard :]], default=str, ensure_ascii=False), len(self.logged)
        self.is_clear(new, "the log")

    def is_clear(self, said: str, where: str) -> None:
        """Fails where personal data turns up."""
        found = [canary for canary in self.world.canaries() if canary in said]
        assert not found, f"{found} in {where}: {said[:500]}"

    async def it_reads_as_it_stands(self, case: Case) -> None:
        """Promise 3 over HTTP for the request that the step was about, and promise 7: assessed twice, it says the same."""
        read = (await self.dpo.get(case.path)).json()
        assert (read["status"], read["identity"]["required"]) == (case.status, case.required)
        if case.open:
            first, second = [(await self.dpo.get(f"{case.path}/assessment")).json() for _ in range(2)]
            assert first == second
            assert first["policy"] == read["policy"]

    def was_lawful(self, case: Case, decided: Mapping[str, Any], grounds: Mapping[str, Any]) -> None:
        """Promise 2 at the decision: nothing is granted that must be kept, nothing refused without a ground of the right."""
        today = self.world.today
        for item in decided["items"]:
            if item["outcome"] == "refused":
                assert case.kind in grounds[item["ground"]].rights, item
                assert item["ref"] != self.world.pack.marketing, "direct marketing is never refused"
                if case.kind == "erasure":
                    told = (
                        item["until"] or item["waits_for"] or item["ground"] in {"no_data_held", "erase_legal_claims"}
                    )
                    assert told or case.person.is_on_hold(item["ref"]), f"kept without an end: {item}"
            elif case.kind == "erasure":
                self.may_go(case.person, item["ref"], today)

    def may_go(self, person: Person, ref: str, today: Any) -> None:
        """Fails where law keeps a record, or a hold does."""
        assert not person.law_keeps(person.records[ref], today), f"{person.ref} {ref} must be kept"
        assert not person.is_on_hold(ref), f"{person.ref} {ref} is on hold"


LAST_DAY = 30


def answered(answer: httpx.Response, *expected: Any) -> Mapping[str, Any]:
    """The body of an answer that must be one of these: a status, or the code of a problem."""
    body: Mapping[str, Any] = answer.json() if answer.content else {}
    told = (answer.status_code, body.get("code"))
    assert answer.status_code in expected or body.get("code") in expected, f"{told} and not {expected}"
    return body
