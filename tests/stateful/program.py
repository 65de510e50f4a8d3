"""Random calls by random roles over every right: each step says what must come of it, then every promise is checked."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.domain.policy import Ground
from app.domain.rights_request import Move, Status, advance
from app.domain.vocabulary import Outcome
from tests.routers.requests.test_identity import wrong
from tests.stateful.model import DESTROYING, LAPSE_DAYS, Case, Handed, Person, World
from tests.stateful.promises import Promises, answered
from tests.support.api import Api
from tests.support.members import particulars
from tests.support.representatives import approved
from tests.support.requests import BODIES, code_for

Run = Callable[[Coroutine[Any, Any, Any]], Any]
REPRESENTED = ["access", "erasure", "objection", "restriction"]
"""What P-1 may ask for M-1."""
RANK = {"none": 0, "low": 1, "substantial": 2, "high": 3}
SOME = st.integers(0, 2**10)
OFFICERS = st.sampled_from(["staff", "dpo-1", "dpo-2"])
STRANGERS = ["other", "core", "auditor", "partner", "nobody"]
Asks = st.sampled_from(["own", "own", "own", "own", "weak", "weak", "staff", "staff", "representative", *STRANGERS])


class Program(RuleBasedStateMachine):
    """One program. The class attributes say against what it runs."""

    run: ClassVar[Run]
    begin: ClassVar[Callable[[World], Coroutine[Any, Any, Promises]]]
    pack: ClassVar[Any]
    grounds: ClassVar[dict[str, Ground]]

    @initialize()
    def registration(self) -> None:
        self.world = World(self.pack)
        self.promises: Promises = self.run(type(self).begin(self.world))
        self.api = self.promises.api
        self.run(self._register())

    async def _register(self) -> None:
        for person in self.world.people:
            ended = {} if person.ended_on is None else {"ended_on": str(person.ended_on)}
            body = particulars(
                membership={"joined_on": "1990-01-01", **ended},
                contacts={"phone": person.phone, "email": person.email},
                national_id=person.national_id,
            )
            answered(await self.api.core.put(f"/v1/subjects/{person.ref}", body), 201)
            rows = list(self.world.records_of(person))
            answered(await self.api.core.put(f"/v1/subjects/{person.ref}/records", {"records": rows}), 200)
        await approved(self.api, rights=REPRESENTED)

    def teardown(self) -> None:
        if hasattr(self, "promises"):
            self.run(self.promises.database.close())

    # Callers and things

    def caller(self, name: str, person: Person) -> Api:
        other = self.world.people[(self.world.people.index(person) + 1) % 3]
        named = {
            "own": lambda: self.api.member(person.ref),
            "weak": lambda: self.api.member(person.ref, "low"),
            "representative": lambda: self.api.as_role("representative", subject_ref="P-1", acr="substantial"),
            "staff": lambda: self.api.staff,
            "dpo-1": lambda: self.api.as_role("dpo", sub="dpo-1"),
            "dpo-2": lambda: self.api.as_role("dpo", sub="dpo-2"),
            "other": lambda: self.api.member(other.ref, "high"),
            "core": lambda: self.api.core,
            "auditor": lambda: self.api.as_role("auditor"),
            "partner": lambda: self.api.as_role("partner"),
            "nobody": lambda: self.api,
        }
        return named[name]()

    def person(self, some: int) -> Person:
        return self.world.people[some % 3]

    def case(self, some: int, *statuses: str) -> Case | None:
        found = [case for case in self.world.cases if not statuses or case.status in statuses]
        return found[some % len(found)] if found else None

    def _any(self, *statuses: str) -> bool:
        return hasattr(self, "world") and self.case(0, *statuses) is not None

    async def call(self, caller: Api, method: str, path: str, body: Any = None, *, quiet: bool = False) -> Any:
        """A call, which leaves an entry where it has done something and none where it has not (promise 5)."""
        before = await self.promises.audited()
        answer = await caller.call(method, path, json=body)
        assert answer.status_code < 500, answer.text
        left = await self.promises.audited() - before
        if answer.is_success:
            assert quiet or left > 0, f"{method} {path} leaves no entry"
        else:
            self.promises.is_clear(answer.text + str(answer.headers), "an error")
            recorded = answer.json()["code"] in {"not_found", "code_wrong", "identity_locked", "legal_hold"}
            assert left <= recorded, f"{answer.json()['code']} leaves entries"
        return answer

    def holds(self, touched: Case | None = None) -> None:
        self.run(self.promises.all_hold(touched))

    # Rules: submission and identity

    @rule(kind=st.sampled_from(sorted(BODIES)), who=Asks, some=SOME, variant=SOME)
    def submit(self, kind: str, who: str, some: int, variant: int) -> None:
        person = self.person(some)
        wanted, key = self._wanted(kind, person, variant)
        body = BODIES[kind](person.ref, **wanted, note=self.world.says())
        standing = self.world.standing(person, key)
        answer = self.run(
            self.call(self.caller(who, person), "POST", f"/v1/requests/{kind}", body, quiet=standing is not None)
        )
        self.holds(self._received(answer, kind, who, person, standing, wanted, key))

    def _received(
        self, answer: Any, kind: str, who: str, person: Person, standing: Case | None, wanted: Any, key: object
    ) -> Case | None:
        represented = person.ref == "M-1" and kind in REPRESENTED
        strange = {"other": 404, "core": 403, "auditor": 403, "partner": 403, "nobody": 401}
        if who in strange or (who == "representative" and not represented):
            outside = 403 if who == "representative" and person.ref == "M-1" and not person.erased else 404
            answered(answer, strange.get(who, outside))
            return standing
        if person.erased:
            answered(answer, "not_found", "subject_erased", "representative_required")
            return None
        told = answered(answer, 201 if standing is None else 200)
        case = standing
        if case is None:
            required = self.world.required(kind, wanted)
            pending, today = Status.IDENTITY_PENDING, self.world.today
            case = Case(told["id"], kind, person, key, pending, required, today, wanted)
            self.world.cases.append(case)
        assert told["id"] == case.id
        reached = {"own": "substantial", "weak": "low", "representative": "substantial"}.get(who, "none")
        if case.status == Status.IDENTITY_PENDING:
            if RANK[reached] >= RANK[case.required]:
                self.world.prove(case)
            elif RANK[reached] >= RANK["low"]:
                self.world.receive(case)
        assert told["status"] == case.status
        return case

    def _wanted(self, kind: str, person: Person, variant: int) -> tuple[dict[str, Any], object]:
        """What is asked beside the subject, and what makes a duplicate of it."""
        refs = sorted(person.records)
        ref, marketing = refs[variant % len(refs)], self.world.pack.marketing
        objectable = self.world.objectable
        match kind:
            case "erasure":
                ground = ["no_longer_necessary", "unlawful"][variant % 2]
                scope: Any = "all" if variant % 3 else {"record_refs": [ref]}
                return {"scope": scope, "ground": ground}, (kind, str(scope), ground)
            case "restriction":
                wanted = {"record_refs": [ref]} if variant % 2 else {"purposes": [objectable[variant % 3 > 0]]}
                return wanted, (kind, str(wanted))
            case "objection":
                choices = [[objectable[0]], [objectable[1]], sorted(objectable)]
                if marketing is not None:
                    choices += [[marketing], sorted([marketing, objectable[0]])]
                purposes: Any = choices[variant % len(choices)]
                return {"purposes": purposes, "reason": self.world.says()}, (kind, str(purposes))
            case "correction":
                change = {"record_ref": ref, "field": "amount", "proposed": f"zcanary-{variant % 2}"}
                return {"changes": [change]}, (kind, str(change))
            case "complaint":
                text = f"zcanary-complaint-{variant % 2}"
                return {"text": text}, (kind, text)
            case _:
                return {}, kind

    @precondition(lambda self: self._any(Status.IDENTITY_PENDING))
    @rule(some=SOME, way=st.sampled_from(["code", "code", "wrong", "in_person", "stranger"]))
    def prove(self, some: int, way: str) -> None:
        case = self.case(some, Status.IDENTITY_PENDING)
        assert case is not None
        path, person = f"{case.path}/identity", case.person
        if way == "stranger":
            answered(
                self.run(self.call(self.caller("other", person), "POST", f"{path}/challenges", {"via": "sms"})), 404
            )
        elif way == "in_person":
            seen = {"method": "in_person", "document": {"kind": "passport", "last4": "4562"}}
            told = answered(self.run(self.call(self.api.staff, "POST", f"{path}/verifications", seen)), 200)
            assert told["identity"]["reached"] == "high"
            self.world.prove(case)
        else:
            self._by_code(case, path, way == "code")
        self.holds(case)

    def _by_code(self, case: Case, path: str, right: bool) -> None:
        person = case.person
        sent = self.run(self.call(self.api.member(person.ref, "low"), "POST", f"{path}/challenges", {"via": "sms"}))
        if person.locked:
            answered(sent, "identity_locked")
            return
        if person.sent == 5 or person.erased:
            answered(sent, "rate_limited", "contact_missing")
            return
        person.sent += 1
        challenge_id = answered(sent, 201)["challenge_id"]
        code = self.run(code_for(self.api, person.ref))
        proof = {"challenge_id": challenge_id, "code": code if right else wrong(code)}
        answer = self.run(self.call(self.api.staff, "POST", f"{path}/verifications", proof))
        if right:
            answered(answer, 200)
            person.tries = 0
            self.world.prove(case)
            return
        person.tries += 1
        person.locked = person.tries == 5
        told = answered(answer, "identity_locked" if person.locked else "code_wrong")
        assert person.locked or told["tries_left"] == 5 - person.tries
        person.tries %= 5

    # Rules: review

    @precondition(lambda self: self._any())
    @rule(some=SOME, asks=st.booleans())
    def converse(self, some: int, asks: bool) -> None:
        case = self.case(some)
        assert case is not None
        caller = self.api.staff if asks else self.api.member(case.person.ref)
        path, word = ("information-requests", "question") if asks else ("information", "answer")
        answer = self.run(self.call(caller, "POST", f"{case.path}/{path}", {word: self.world.says()}))
        self._moves(case, Move.ASK if asks else Move.ANSWER, answer)
        self.holds(case)

    def _moves(self, case: Case, move: Move, answer: Any) -> None:
        """The table of moves and the service agree."""
        if not case.may(move):
            answered(answer, "illegal_transition")
            return
        answered(answer, 200)
        case.status = advance(case.status, move)

    @precondition(lambda self: self._any())
    @rule(some=SOME, who=OFFICERS)
    def sign(self, some: int, who: str) -> None:
        case = self.case(some, Status.IN_REVIEW) or self.case(some)
        assert case is not None
        answer = self.run(self.call(self.caller(who, case.person), "POST", f"{case.path}/assessment", {}))
        if not case.may(Move.DECIDE):
            answered(answer, "illegal_transition")
        else:
            answered(answer, 200)
            case.signed_by = who
        self.holds(case)

    @precondition(lambda self: self._any())
    @rule(some=SOME, who=OFFICERS, signs=st.booleans(), change=st.integers(0, 7), ground=SOME)
    def decide(self, some: int, who: str, signs: bool, change: int, ground: int) -> None:
        case = self.case(some, Status.IN_REVIEW, Status.INFORMATION_PENDING) or self.case(some)
        assert case is not None
        if signs and case.may(Move.DECIDE):
            self.sign_by_another(case, who)
        body = self.run(self._decision(case, change, ground))
        answer = self.run(self.call(self.caller(who, case.person), "POST", f"{case.path}/decision", body))
        if answer.status_code == 200:
            self._decided(case, who, answer.json())
        else:
            refusals = {"decision_unlawful", "ground_not_valid", "four_eyes_required", "assessment_stale", "forbidden"}
            answered(answer, *refusals, *([] if case.may(Move.DECIDE) else ["illegal_transition"]))
        self.holds(case)

    def sign_by_another(self, case: Case, who: str) -> None:
        signer = "dpo-1" if who == "dpo-2" else "dpo-2"
        answered(self.run(self.call(self.caller(signer, case.person), "POST", f"{case.path}/assessment", {})), 200)
        case.signed_by = signer

    async def _decision(self, case: Case, change: int, ground: int) -> dict[str, Any]:
        """Mostly what is proposed; else another outcome for the first item, on some ground."""
        found = (await self.api.dpo.get(f"{case.path}/assessment")).json()
        items = [
            {"ref": item["ref"], "outcome": item["proposed"], "ground": next(iter(item["grounds"]), None)}
            for item in found["items"]
        ]
        if change < 4 or not items:
            return {"outcome": found["outcome"], "note": self.world.says()}
        codes = sorted(self.grounds) if change == 7 else [*found["items"][0]["grounds"], "object_compelling"]
        items[0]["outcome"] = "granted" if change == 4 else "refused"
        items[0]["ground"] = codes[ground % len(codes)]
        outcomes = {item["outcome"] for item in items}
        whole = "partly_granted" if len(outcomes) == 2 else outcomes.pop()
        return {"outcome": whole, "items": [{**item, "note": self.world.says()} for item in items]}

    def _decided(self, case: Case, who: str, told: dict[str, Any]) -> None:
        assert case.may(Move.DECIDE), f"decided in {case.status}"
        if case.kind == "erasure":
            assert who != "staff"
            assert case.signed_by not in {None, who}, "four eyes"
        self.promises.was_lawful(case, told, self.grounds)
        granted = {item["ref"] for item in told["items"] if item["outcome"] == "granted"}
        left = self.run(
            self.promises.database.fetchval("SELECT count(*) FROM task WHERE request_id::text = $1", case.id)
        )
        case.status = advance(case.status, Move.DECIDE, outcome=Outcome(told["outcome"]), work_left=left > 0)
        case.limits = {limit for limit in case.limits if limit[1] in granted}
        if case.kind == "erasure":
            for ref in granted:
                case.person.records[ref].locked = True

    @precondition(lambda self: self._any())
    @rule(some=SOME, who=st.sampled_from(["own", "own", "representative", "staff", "other"]))
    def cancel(self, some: int, who: str) -> None:
        case = self.case(some)
        assert case is not None
        body = {"reason": self.world.says()}
        answer = self.run(self.call(self.caller(who, case.person), "POST", f"{case.path}/cancellation", body))
        stopped = ("purpose", str(self.world.pack.marketing)) in case.limits
        represented = case.person.ref == "M-1" and case.kind in REPRESENTED
        if who == "other" or (who == "representative" and not represented):
            answered(answer, 404)
        elif who == "staff" and stopped and case.may(Move.CANCEL):
            answered(answer, "decision_unlawful")
        elif not (who == "representative" and case.person.erased):
            self._moves(case, Move.CANCEL, answer)
            case.limits = set() if case.status == Status.CANCELLED else case.limits
        self.holds(case)

    @precondition(lambda self: self._any(Status.COMPLETED))
    @rule(some=SOME)
    def lift(self, some: int) -> None:
        case = self.case(some, Status.COMPLETED)
        assert case is not None
        standing = case.kind == "restriction"
        path, body = f"{case.path}/lifting", {"reason": self.world.says()}
        answer = self.run(self.call(self.api.staff, "POST", path, body, quiet=not case.limits))
        answered(answer, 200 if standing else "illegal_transition")
        case.limits = set() if standing else case.limits
        self.holds(case)

    # Rules: work

    @rule(system=st.sampled_from(["core_banking", "core_banking", "paper"]), most=st.integers(1, 3))
    def claim(self, system: str, most: int) -> None:
        caller = self.api.staff if system == "paper" else self.api.core
        body = {"system": system, "max": most, "lease_seconds": 3600}
        for task in answered(self.run(self.call(caller, "POST", "/v1/tasks/claims", body, quiet=True)), 200)["items"]:
            case = next(case for case in self.world.cases if case.id == task["request_id"])
            assert task["subject_ref"] == case.person.ref
            handed = Handed(task["id"], task["kind"], system, case.person, case, task["record_refs"], task["lease"])
            self.world.tasks[handed.id] = handed
            if handed.kind in DESTROYING:
                for ref in handed.refs:
                    self.promises.may_go(case.person, ref, self.world.today)
                    assert not case.person.records[ref].erased
        self.holds()

    @precondition(lambda self: hasattr(self, "world") and self.world.tasks)
    @rule(some=SOME, succeeds=st.sampled_from([True, True, True, False]))
    def work(self, some: int, succeeds: bool) -> None:
        task = list(self.world.tasks.values())[some % len(self.world.tasks)]
        caller = self.api.staff if task.system == "paper" else self.api.core
        if succeeds:
            self._complete(caller, task)
        else:
            body = {"lease": task.lease, "reason": self.world.says()}
            answer = self.run(self.call(caller, "POST", f"/v1/tasks/{task.id}/failure", body))
            answered(answer, 200 if task.live else "lease_lost")
            task.live = False
        self.holds(task.case)

    def _complete(self, caller: Api, task: Handed) -> None:
        now = self.run(self.api.get("/sandbox/clock")).json()["now"]
        proof = {"method": "hard delete", "performed_at": now, "reference": "JOB-1", "note": self.world.says()}
        records = [{"record_ref": ref, "fields": {"amount": self.world.says()}} for ref in task.refs]
        result = {"result": {"records": records}} if task.kind == "collect" else {}
        body = {"lease": task.lease, "proof": proof, **result}
        answer = self.run(self.call(caller, "POST", f"/v1/tasks/{task.id}/completion", body))
        held = task.kind in DESTROYING and any(task.person.is_on_hold(ref) for ref in task.refs)
        if not task.live:
            answered(answer, "lease_lost")
        elif held:
            answered(answer, "legal_hold")
        else:
            answered(answer, 200)
            self._done(task)

    def _done(self, task: Handed) -> None:
        del self.world.tasks[task.id]
        if task.kind in DESTROYING:
            for ref in task.refs:
                task.person.records[ref].erased = True
        open_ = "SELECT count(*) FROM task WHERE request_id::text = $1 AND status <> 'completed'"
        if task.case.status == Status.IN_FULFILMENT:
            left = self.run(self.promises.database.fetchval(open_, task.case.id))
            task.case.status = Status.IN_FULFILMENT if left else advance(Status.IN_FULFILMENT, Move.FULFIL)

    @rule(some=SOME, again=SOME)
    def push(self, some: int, again: int) -> None:
        person = self.person(some)
        ref = sorted(person.records)[again % len(person.records)] if again % 3 else f"N-{again % 5}"
        known = person.records.get(ref)
        row = self.world.record(person, ref, known.made if known else None)
        path = f"/v1/subjects/{person.ref}/records"
        answer = self.run(self.call(self.api.core, "PUT", path, {"records": [row]}, quiet=True))
        if person.erased:
            answered(answer, "subject_erased")
        else:
            told = answered(answer, 200)
            if known is not None and known.erased:
                assert told["rejected"] == [{"record_ref": ref, "code": "record_erased"}]
        if known is None and (person.erased or told["rejected"]):
            del person.records[ref]
        self.holds()

    # Rules: holds, consents, time

    @rule(some=SOME, releases=st.booleans())
    def hold(self, some: int, releases: bool) -> None:
        person = self.person(some)
        if releases and person.holds:
            hold_id = sorted(person.holds)[some % len(person.holds)]
            path = f"/v1/legal-holds/{hold_id}/release"
            answered(self.run(self.call(self.api.dpo, "POST", path, {"reason": self.world.says()})), 200)
            del person.holds[hold_id]
        else:
            ref = None if some % 2 else sorted(person.records)[some % len(person.records)]
            named = {} if ref is None else {"record_refs": [ref]}
            body = {"subject_ref": person.ref, "reason": self.world.says(), "provision": "s.90", **named}
            answer = self.run(self.call(self.api.dpo, "POST", "/v1/legal-holds", body))
            gone = person.erased or (ref is not None and person.records[ref].erased)
            told = answered(answer, *([409, 422] if gone else [201]))
            if not gone:
                person.holds[told["id"]] = ref
        self.holds()

    @rule(some=SOME, takes_back=st.booleans(), marketing=st.booleans())
    def consent(self, some: int, takes_back: bool, marketing: bool) -> None:
        person, pack = self.person(some), self.world.pack
        purpose = pack.marketing if marketing and pack.marketing else pack.consent
        consent_id, standing = person.consents.get(purpose, ("", False))
        caller = self.api.member(person.ref)
        if takes_back and consent_id:
            path = f"/v1/consents/{consent_id}/withdrawal"
            body = {"channel": "app", "reason": self.world.says()}
            answered(self.run(self.call(caller, "POST", path, body, quiet=not standing or person.erased)), 200, 409)
            person.consents[purpose] = (consent_id, False)
        else:
            body = pack.body(person.ref, purpose)
            answer = self.run(self.call(caller, "POST", "/v1/consents", body, quiet=standing))
            if person.erased:
                answered(answer, 404, 409)
            else:
                person.consents[purpose] = (answered(answer, 200, 201)["id"], True)
                self._wants_it_again(person, purpose)
        self.holds()

    def _wants_it_again(self, person: Person, purpose: str) -> None:
        """Who consents to direct marketing takes back the objection to it."""
        for case in self.world.cases:
            if case.person is person and case.kind == "objection" and purpose == self.world.pack.marketing:
                case.limits.discard(("purpose", purpose))

    @rule(days=st.sampled_from([1, 1, 7, 31, 200]))
    def time_passes(self, days: int) -> None:
        answered(self.run(self.call(self.api, "POST", "/sandbox/clock", {"advance": f"P{days}D"}, quiet=True)), 200)
        self.world.passed += timedelta(days=days)
        for person in self.world.people:
            person.locked, person.sent = False, 0
        for task in self.world.tasks.values():
            task.live = False
        for case in self.world.cases:
            if case.status == Status.IDENTITY_PENDING and self.world.today > case.received_on + timedelta(LAPSE_DAYS):
                case.status = Status.LAPSED
        self.holds()
