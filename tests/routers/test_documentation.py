"""The contract as it is served, its reader, and what the reader needs."""

import hashlib
import re
from importlib.resources import files

import pytest
from fastapi import FastAPI

from app.routers.documentation import ASSETS
from tests.support.api import Api, problem

UI = files("app").joinpath("docs_ui")
OURS = ("index.html", "start.js", "page.css")


def text(name: str) -> str:
    return UI.joinpath(name).read_text(encoding="utf-8")


async def test_the_contract_is_served_to_anybody_as_this_very_application_has_it(api: Api, app: FastAPI) -> None:
    answer = await api.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == app.state.document
    assert answer.json()["servers"][0]["url"] == "http://sitthi.test"


async def test_the_reader_asks_for_nothing_from_elsewhere(api: Api) -> None:
    answer = await api.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    wanted = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert {"docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "docs/start.js", "openapi.json"} < set(wanted)
    for name in wanted:
        assert name == "data:," or (await api.get(f"/{name}")).status_code == 200, name


async def test_the_reader_may_run_and_load_only_what_this_service_serves(api: Api) -> None:
    policy = (await api.get("/docs")).headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_a_problem_page_runs_no_script_at_all(api: Api) -> None:
    policy = (await api.get("/problems/not_found")).headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("name", OURS)
def test_our_own_files_hold_no_address_and_nothing_inline(name: str) -> None:
    assert "//" not in text(name)
    assert not re.search(r"<style|style=|<script>|onload=", text(name))


@pytest.mark.parametrize("name", sorted(ASSETS))
async def test_each_file_of_the_reader_is_served_with_its_type_and_may_be_kept(api: Api, name: str) -> None:
    answer = await api.get(f"/docs/{name}")
    assert answer.content == UI.joinpath(name).read_bytes()
    assert answer.headers["content-type"].split(";")[0] == ASSETS[name]
    assert answer.headers["cache-control"] == "public, max-age=604800"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "index.html", "..", "%2e%2e%2fmain.py", "nothing.js"])
async def test_no_other_file_is_served(api: Api, name: str) -> None:
    assert (await api.get(f"/docs/{name}")).status_code == 404


async def test_an_unknown_problem_type_is_not_found(api: Api) -> None:
    assert problem(await api.get("/problems/nothing")) == (404, "not_found")


async def test_head_works_where_get_does(api: Api) -> None:
    answer = await api.call("HEAD", "/docs")
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_vendored_files_are_those_that_the_readme_names() -> None:
    named = dict(re.findall(r"`([\w.-]+)` SHA-256 `([0-9a-f]{64})`", text("README.md")))
    assert set(named) == {"swagger-ui-bundle.js", "swagger-ui.css"}
    assert {name: hashlib.sha256(UI.joinpath(name).read_bytes()).hexdigest() for name in named} == named
    assert "Apache License" in text("LICENSE")
