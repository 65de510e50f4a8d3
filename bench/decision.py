"""The decision: one question a call and a hundred, over subjects drawn from the whole population, beside a static answer."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median

from bench.load import Figures, ask, measure, request
from bench.population import reference
from bench.report import CONNECTIONS, ROUNDS, goal, rate, ratio, run, show
from bench.service import Server, Service, serving, started
from bench.storage import home, populated, size

SECONDS = 2
PREPARED = 20_000
BATCH = 100
BATCHES = 500
P99_AT = 16
SINGLE_GOAL, P99_GOAL, BATCH_GOAL = 0.33, 4.0, 12.0
QUESTIONS: Sequence[tuple[str, dict[str, str], dict[str, object]]] = (
    ("use", {"purpose": "share_subscription_change"}, {}),
    ("use", {"purpose": "life_insurance_assessment"}, {"categories": ["personal_identity", "health"]}),
    ("disclose", {"purpose": "life_insurance_assessment", "recipient": "insurer"}, {"categories": ["health"]}),
    ("use", {"purpose": "loan_application_assessment"}, {"categories": ["financial", "health"]}),
    ("disclose", {"purpose": "annual_dividend_and_rebate_processing", "recipient": "banks"}, {}),
    ("disclose", {"purpose": "share_subscription_change", "recipient": "banks"}, {}),
    ("use", {"purpose": "account_opening"}, {"categories": ["photo", "religion"]}),
    ("store", {"purpose": "transaction_evidence"}, {"categories": ["financial"]}),
)
"""What is asked, in turn: action, context and properties; over contract, law and consent, ordinary and sensitive data."""


@dataclass(frozen=True)
class Turn:
    """One round of one side, and what its process spent on an answer, in microseconds of processor time."""

    figures: Figures
    spent: float


def questions(subjects: int) -> Iterator[dict[str, object]]:
    """Evaluations about random subjects, the same in every run."""
    drawn = Random(2569)  # noqa: S311  (a sample, no secret)
    for action, context, properties in cycle(QUESTIONS):
        resource = {"type": "personal_data", "id": reference(drawn.randint(1, subjects)), "properties": properties}
        yield {"action": {"name": action}, "resource": resource, "context": context}


def singles(service: Service, token: str) -> list[bytes]:
    """Prepared calls of one question each."""
    asked = questions(size().subjects)
    bodies = ({"subject": _asker(), **next(asked)} for _ in range(PREPARED))
    return [request("POST", service.url, "/access/v1/evaluation", token, _json(body)) for body in bodies]


def batches(service: Service, token: str) -> list[bytes]:
    """Prepared calls of a hundred questions each."""
    asked = questions(size().subjects)
    bodies = ({"subject": _asker(), "evaluations": [next(asked) for _ in range(BATCH)]} for _ in range(BATCHES))
    return [request("POST", service.url, "/access/v1/evaluations", token, _json(body)) for body in bodies]


def _asker() -> dict[str, str]:
    return {"type": "system", "id": "core-banking"}


def _json(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


async def main(place: Path) -> None:
    """Print the tables."""
    async with (
        populated(place, size()) as database,
        serving(database, place) as service,
        started(["-m", "bench.ceilings.static"]) as bare,
    ):
        at_rest, _ = service.memory()
        token = await service.token("core_banking")
        one, hundred = singles(service, token), batches(service, token)
        answers = [json.loads(body)["decision"] for body in await ask(service.url, one[:1000])]
        service.forget_peak()
        await _show_singles(service, bare, one, sum(answers) / len(answers))
        await _show_batches(service, one, hundred, at_rest)


async def _show_singles(service: Service, bare: Server, one: list[bytes], yes: float) -> None:
    static = [request("GET", bare.url, "/")]
    rows: list[tuple[str, ...]] = []
    for connections in sorted({*CONNECTIONS, P99_AT}):
        ceiling, decided = await _in_turn((bare, static), (service, one), connections)
        reached = ratio(_rates(decided), _rates(ceiling))
        slower = median(one.figures.p99 / other.figures.p99 for one, other in zip(decided, ceiling, strict=True))
        times = goal(P99_GOAL, slower) if connections == P99_AT else ""
        rows += [
            (f"FastAPI, static answer, c={connections}", rate(_rates(ceiling)), "1", "", *_costs(ceiling), "1", ""),
            (
                f"decision, c={connections}",
                rate(_rates(decided)),
                f"{reached:.0%}",
                goal(reached, SINGLE_GOAL),
                *_costs(decided),
                f"{slower:.1f} x",
                times,
            ),
        ]
    show(
        "Decision: POST /access/v1/evaluation, one uvicorn process on loopback",
        (
            "",
            "per second (range)",
            "of static",
            "goal 33 %",
            "p50 ms",
            "p99 ms",
            "CPU µs",
            "of its p99",
            "goal 4 x at c=16",
        ),
        rows,
        [f"{size().subjects:,} subjects, drawn at random; {yes:.0%} of the answers are yes. {_rounds()}"],
    )


async def _show_batches(service: Service, one: list[bytes], hundred: list[bytes], at_rest: float) -> None:
    rows: list[tuple[str, ...]] = []
    for connections in CONNECTIONS:
        single, batch = await _in_turn((service, one), (service, hundred), connections)
        decided = [BATCH * each for each in _rates(batch)]
        reached = ratio(decided, _rates(single))
        rows += [
            (f"one in a call, c={connections}", rate(_rates(single)), "1", "", *_costs(single)),
            (
                f"{BATCH} in a call, c={connections}",
                rate(decided),
                f"{reached:.1f} x",
                goal(reached, BATCH_GOAL),
                *_costs(batch),
            ),
        ]
    _, peak = service.memory()
    show(
        f"Decisions: POST /access/v1/evaluations with {BATCH} questions, beside single calls",
        ("", "decisions/s (range)", "of single", "goal 12 x", "p50 ms", "p99 ms", "CPU µs"),
        rows,
        [
            f"The same subjects and questions. {_rounds()}",
            f"Memory of the service: {at_rest:.0f} MB at rest (goal: 150), at most {peak:.0f} MB under load (goal: 250).",
        ],
    )


async def _in_turn(
    first: tuple[Server, list[bytes]], second: tuple[Server, list[bytes]], connections: int
) -> tuple[list[Turn], list[Turn]]:
    """Both sides, round by round, after one that is not counted."""
    turns: tuple[list[Turn], list[Turn]] = ([], [])
    for _ in range(ROUNDS + 1):
        for (server, requests), into in zip((first, second), turns, strict=True):
            before = server.cpu_seconds()
            figures = await measure(server.url, cycle(requests), connections=connections, seconds=SECONDS)
            into.append(Turn(figures, (server.cpu_seconds() - before) / figures.answers * 1_000_000))
    return turns[0][1:], turns[1][1:]


def _rates(turns: Sequence[Turn]) -> list[float]:
    return [turn.figures.per_second for turn in turns]


def _costs(turns: Sequence[Turn]) -> tuple[str, str, str]:
    """Medians: time of an answer, the slowest hundredth, processor time of the process."""
    return (
        f"{median(turn.figures.p50 for turn in turns):.1f}",
        f"{median(turn.figures.p99 for turn in turns):.1f}",
        f"{median(turn.spent for turn in turns):,.0f}",
    )


def _rounds() -> str:
    return f"{ROUNDS} rounds of {SECONDS} s, interleaved; c: connections; CPU: of the process alone, for one answer."


if __name__ == "__main__":
    with home() as somewhere:
        run(main(somewhere))
