"""The stories: of an erasure (submit, prove identity, assess, decide, carry out, what is left), and of a consent."""

import secrets
from typing import Any

import httpx
from rich.console import Console

from app.demo import member
from app.demo.consent import tell_of_consent
from app.demo.narration import say
from app.demo.sandbox import DemoFailed, Sandbox
from app.demo.table import show_outcome

__all__ = ["DemoFailed", "tell"]
POLICY = "chanthaburi-teachers"
PROOF = {"method": "hard delete, backups expire in 35 days", "reference": "JOB-2569-0815"}


def tell(url: str, console: Console) -> None:
    """Tell the stories against the sandbox at `url`. Raises `DemoFailed`."""
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as http:
        sandbox = Sandbox(http)
        _check_policy(sandbox)
        ref = f"DEMO-{secrets.token_hex(3).upper()}"
        _tell_of_erasure(sandbox, console, f"{ref}-1")
        tell_of_consent(sandbox, console, f"{ref}-2")


def _tell_of_erasure(sandbox: Sandbox, console: Console, ref: str) -> None:
    console.rule("[bold]Sitthi สิทธิ[/] · an erasure request, from the first call to the last")
    today = sandbox.today()
    held = member.records(today)
    sandbox.call("core_banking", "PUT", f"/v1/subjects/{ref}", member.particulars(today), expect=201)
    pushed = sandbox.call("core_banking", "PUT", f"/v1/subjects/{ref}/records", {"records": held})
    say(console, "core banking", f"registers {ref}, resigned eleven years ago, and pushes {pushed['accepted']} records")
    request = _submit(sandbox, console, ref)
    _prove_identity(sandbox, console, ref, request)
    _assess(sandbox, console, request)
    _decide(sandbox, console, request)
    _carry_out(sandbox, console, request)
    done = sandbox.call("dpo", "GET", f"/v1/requests/{request['id']}")
    show_outcome(console, done, {record["record_ref"]: record for record in held})
    _push_again(sandbox, console, ref, held)
    say(console, "end", f"request {done['reference']} is {done['status']}, outcome {done['outcome']}")


def _check_policy(sandbox: Sandbox) -> None:
    """The story's records are those of one policy."""
    policy = sandbox.call("admin", "GET", "/v1/policy")["name"]
    if policy != POLICY:
        raise DemoFailed(f"the story is one of the policy {POLICY}, and the service is under {policy}")


def _submit(sandbox: Sandbox, console: Console, ref: str) -> dict[str, Any]:
    body = {
        "subject_ref": ref,
        "channel": "app",
        "language": "th",
        "scope": "all",
        "ground": "no_longer_necessary",
    }
    who = {"subject_ref": ref, "assurance": "low"}
    request = sandbox.call("member", "POST", "/v1/requests/erasure", body, expect=201, claims=who)
    sla = request["sla"]
    say(console, "member", f"asks to be erased: {request['reference']}, status {request['status']}")
    say(
        console,
        "deadlines",
        f"decide by {sla['decide_by']} (internally {sla['decide_by_internal']}), erase by {sla['complete_by']}",
    )
    return request


def _prove_identity(sandbox: Sandbox, console: Console, ref: str, request: dict[str, Any]) -> None:
    path = f"/v1/requests/{request['id']}/identity"
    who = {"subject_ref": ref, "assurance": "low"}
    sent = sandbox.call("member", "POST", f"{path}/challenges", {"via": "sms"}, expect=201, claims=who)
    proof = {"challenge_id": sent["challenge_id"], "code": sandbox.newest_code(ref)}
    proven = sandbox.call("member", "POST", f"{path}/verifications", proof, claims=who)
    say(console, "member", f"gives the code sent to {sent['sent_to']}: identity {proven['identity']['state']}")


def _assess(sandbox: Sandbox, console: Console, request: dict[str, Any]) -> None:
    found = sandbox.call("staff", "POST", f"/v1/requests/{request['id']}/assessment")
    granted = sum(item["proposed"] == "granted" for item in found["items"])
    say(console, "staff", f"signs the assessment: {granted} of {len(found['items'])} records may go")


def _decide(sandbox: Sandbox, console: Console, request: dict[str, Any]) -> None:
    path = f"/v1/requests/{request['id']}"
    items = sandbox.call("dpo", "GET", f"{path}/assessment")["items"]
    everything = [{"ref": item["ref"], "outcome": "granted"} for item in items]
    unlawful = {"outcome": "granted", "items": everything}
    refused = sandbox.call("dpo", "POST", f"{path}/decision", unlawful, expect=422)
    say(console, "dpo", f"tries to grant everything: refused, [red]{refused['code']}[/]")
    decided = sandbox.call("dpo", "POST", f"{path}/decision", {"outcome": "partly_granted"})
    say(console, "dpo", f"decides as law and policy say: {decided['outcome']}, status {decided['status']}")


def _carry_out(sandbox: Sandbox, console: Console, request: dict[str, Any]) -> None:
    for role, system in (("core_banking", "core_banking"), ("staff", "paper")):
        others = []
        while claimed := sandbox.call(role, "POST", "/v1/tasks/claims", {"system": system, "max": 100})["items"]:
            others += [task for task in claimed if task["request_id"] != request["id"]]
            for task in claimed:
                if task["request_id"] == request["id"]:
                    _complete(sandbox, console, role, task)
        for task in others:
            back = {"lease": task["lease"], "reason": "Not of this story", "retry_after": "PT1S"}
            sandbox.call(role, "POST", f"/v1/tasks/{task['id']}/failure", back)


def _complete(sandbox: Sandbox, console: Console, role: str, task: dict[str, Any]) -> None:
    proof = {**PROOF, "performed_at": sandbox.call("staff", "GET", "/sandbox/clock")["now"]}
    sandbox.call(role, "POST", f"/v1/tasks/{task['id']}/completion", {"lease": task["lease"], "proof": proof})
    say(console, role.replace("_", " "), f"{task['kind']} done, with proof: {', '.join(task['record_refs'])}")


def _push_again(sandbox: Sandbox, console: Console, ref: str, held: list[dict[str, Any]]) -> None:
    pushed = sandbox.call("core_banking", "PUT", f"/v1/subjects/{ref}/records", {"records": held})
    back = ", ".join(row["record_ref"] for row in pushed["rejected"])
    say(console, "core banking", f"pushes all records once more; what was erased stays erased: {back}")
