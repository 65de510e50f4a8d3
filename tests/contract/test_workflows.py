"""The workflows that partners start from run as they are written (Arazzo 1.0)."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.support.api import Api

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in EXAMPLES.glob("*.arazzo.yaml")}
EXPRESSION = re.compile(r"\{(\$[^}]+)\}|(\$\S+)")


class Run:
    """One run of a workflow: what its expressions can refer to, and how its steps are called."""

    def __init__(self, api: Api, document: dict[str, Any], inputs: dict[str, Any]) -> None:
        self.api = api
        self.inputs = inputs
        self.outputs: dict[str, dict[str, Any]] = {}
        self.operations = {
            operation["operationId"]: (method, path)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    async def step(self, step: dict[str, Any]) -> None:
        method, path = self.operations[step["operationId"]]
        headers = {}
        for parameter in step.get("parameters", ()):
            value = str(self.filled(parameter["value"]))
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", value)
            else:
                headers[parameter["name"]] = value
        body = self.filled(step["requestBody"]["payload"]) if "requestBody" in step else None
        answer = await self.api.call(method.upper(), path, json=body, headers=headers)
        for criterion in step["successCriteria"]:
            left, right = criterion["condition"].split(" == ")
            found = f"{step['stepId']}: {answer.text}"
            assert self.value(left, answer) == yaml.safe_load(right), found
        self.outputs[step["stepId"]] = {
            name: self.value(expression, answer) for name, expression in step.get("outputs", {}).items()
        }

    def filled(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self.filled(inner) for key, inner in value.items()}
            case list():
                return [self.filled(inner) for inner in value]
            case str():
                return EXPRESSION.sub(lambda found: str(self.value(found[1] or found[2])), value)
            case _:
                return value

    def value(self, expression: str, answer: httpx.Response | None = None) -> Any:
        match expression.split("."):
            case ["$inputs", name]:
                return self.inputs[name]
            case ["$steps", step, "outputs", name]:
                return self.outputs[step][name]
            case _:
                assert answer is not None, expression
        if expression == "$statusCode":
            return answer.status_code
        found = answer.json()
        for key in expression.removeprefix("$response.body#/").split("/"):
            found = found[int(key) if isinstance(found, list) else key]
        return found


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
async def test_a_published_workflow_runs(api: Api, document: dict[str, Any], name: str) -> None:
    for workflow in WORKFLOWS[name]["workflows"]:
        properties = workflow["inputs"]["properties"]
        run = Run(api, document, {name: schema["default"] for name, schema in properties.items()})
        for step in workflow["steps"]:
            await run.step(step)
        assert len(run.outputs) == len(workflow["steps"])


def test_there_is_a_workflow_to_start_from() -> None:
    assert "erasure.arazzo.yaml" in WORKFLOWS
