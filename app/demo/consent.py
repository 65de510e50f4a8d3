"""The story of a consent: given, relied on, taken back, and what the next answer is."""

from typing import Any

from rich.console import Console

from app.demo import member
from app.demo.narration import say
from app.demo.sandbox import Sandbox

PURPOSE = "life_insurance_assessment"
HEALTH = {"categories": ["health"]}


def tell_of_consent(sandbox: Sandbox, console: Console, ref: str) -> None:
    """Tell it of a member who is registered under `ref`. Raises `DemoFailed`."""
    console.rule("[bold]Sitthi สิทธิ[/] · a consent, and the answer to “may I?”")
    sandbox.call("core_banking", "PUT", f"/v1/subjects/{ref}", member.in_membership(sandbox.today()), expect=201)
    say(console, "core banking", f"registers {ref}, and asks whether it may use their health data for life cover")
    _ask(sandbox, console, ref)
    consent = _grant(sandbox, console, ref)
    _ask(sandbox, console, ref)
    _withdraw(sandbox, console, ref, consent)
    _ask(sandbox, console, ref)


def _grant(sandbox: Sandbox, console: Console, ref: str) -> dict[str, Any]:
    shown = sandbox.call("core_banking", "GET", f"/v1/purposes/{PURPOSE}")["notice_version"]
    body = {
        "subject_ref": ref,
        "purpose": PURPOSE,
        "notice_version": shown,
        "channel": "app",
        "language": "th",
        "explicit": True,
    }
    consent = sandbox.call("member", "POST", "/v1/consents", body, expect=201, claims={"subject_ref": ref})
    say(console, "member", f"consents explicitly, under the notice {shown}, {consent['notice_sha256'][:12]}…")
    return consent


def _withdraw(sandbox: Sandbox, console: Console, ref: str, consent: dict[str, Any]) -> None:
    path = f"/v1/consents/{consent['id']}/withdrawal"
    withdrawn = sandbox.call("member", "POST", path, {"channel": "app"}, claims={"subject_ref": ref})
    told = withdrawn["consequences"]
    say(console, "member", f"takes it back, and is told: {told['th']}\n{'':15}[dim]{told['en']}[/]")


def _ask(sandbox: Sandbox, console: Console, ref: str) -> None:
    question = {
        "subject": {"type": "system", "id": "core_banking"},
        "action": {"name": "use"},
        "resource": {"type": "personal_data", "id": ref, "properties": HEALTH},
        "context": {"purpose": PURPOSE},
    }
    answer = sandbox.call("core_banking", "POST", "/access/v1/evaluation", question)
    why = "; ".join(f"{reason['th']} [dim]{reason['en']}[/]" for reason in answer["context"]["reasons"])
    say(console, "may I?", f"{'[green]yes' if answer['decision'] else '[red]no'}[/]: {why}")
