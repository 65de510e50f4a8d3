"""The treatments of LAW A13 in `cases/treatments.yaml`, each played over HTTP."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.main import Process, create_app
from app.policies.loader import load_pack
from tests.support.api import Api
from tests.support.policies import under

TOLD = yaml.safe_load(Path(__file__).with_name("cases").joinpath("treatments.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Step:
    """One call, and what it must be answered."""

    who: str
    asks: str
    gets: int
    body: Any = None
    says: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Treatment:
    """How one tension is treated, and the calls that show it."""

    id: str
    treatment: str
    today: date
    shown: list[Step]
    pack: str = "chanthaburi-teachers"


def read(told: Mapping[str, Any]) -> Treatment:
    steps = [Step(body=step.get("with"), **{key: value for key, value in step.items() if key != "with"})
             for step in told["shown"]]  # fmt: skip
    return Treatment(**{**told, "shown": steps})


TREATMENTS = [read(told) for told in TOLD["treatments"]]


def caller(api: Api, who: str) -> Api:
    role, _, subject_ref = who.partition(" ")
    match role:
        case "anybody":
            return api
        case "core":
            return api.core
        case "member":
            return api.member(subject_ref)
        case _:
            return api.as_role(role)


def filled(told: Any, kept: Mapping[str, str]) -> Any:
    """With what was kept in place of its names."""
    match told:
        case str() if "{" in told:
            return told.format_map(kept)
        case dict():
            return {key: filled(value, kept) for key, value in told.items()}
        case list():
            return [filled(value, kept) for value in told]
        case _:
            return told


def holds(answer: Any, told: Any) -> bool:
    """Whether an answer says what is told, whatever else it says."""
    match told:
        case dict():
            return isinstance(answer, dict) and all(key in answer and holds(answer[key], told[key]) for key in told)
        case []:
            return bool(answer == [])
        case list():
            return isinstance(answer, list) and all(any(holds(item, line) for item in answer) for line in told)
        case str() if told.startswith("“"):
            return isinstance(answer, str) and told.strip("“”") in answer
        case _:
            return bool(type(answer) is type(told) and answer == told)


def part(answer: Any, way: str) -> str:
    for step in way.split("."):
        answer = answer[int(step) if step.isdecimal() else step]
    assert isinstance(answer, str)
    return answer


@pytest.mark.parametrize("treatment", TREATMENTS, ids=[treatment.id for treatment in TREATMENTS])
async def test_the_service_answers_as_the_treatment_says(api: Api, process: Process, treatment: Treatment) -> None:
    async with AsyncExitStack() as stack:
        if treatment.pack != process.works.pack.name:
            other = under(process, load_pack(treatment.pack))
            api = await stack.enter_async_context(Api.over(create_app(other), other))
        await play(api, treatment)


async def play(api: Api, treatment: Treatment) -> None:
    await api.post("/sandbox/clock", {"at": f"{treatment.today}T10:00:00+07:00"})
    kept: dict[str, str] = {}
    for step in treatment.shown:
        method, path = filled(step.asks, kept).split(" ")
        body = {} if step.body is None else {"json": filled(step.body, kept)}
        answer = await caller(api, step.who).call(method, path, **body)
        assert answer.status_code == step.gets, f"{step.asks}: {answer.text}"
        says = filled(step.says, kept)
        assert holds(answer.json(), says), f"{step.asks}: {answer.text} does not say {says}"
        kept |= {name: part(answer.json(), way) for name, way in step.keep.items()}


def test_every_treatment_is_played_or_told_to_be_elsewhere() -> None:
    played, elsewhere = [treatment.id for treatment in TREATMENTS], TOLD["elsewhere"]
    assert sorted([*played, *elsewhere]) == [f"T-{number:02}" for number in range(1, 27)]
    assert played == sorted(played)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {"a": False}),
        ({"items": [{"a": 1}]}, {"items": []}),
        ({"items": []}, {"items": [{"a": 1}]}),
        ({"items": [{"a": 1}]}, {"items": [{"a": 1}, {"a": 2}]}),
        ({"items": [{"a": 1}, {"b": 2}]}, {"items": [{"a": 1, "b": 2}]}),
        ("insurance", "“loan”"),
        (None, {}),
    ],
)
def test_an_answer_that_does_not_say_it_is_recognised(answer: Any, told: Any) -> None:
    assert not holds(answer, told)
