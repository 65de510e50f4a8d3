"""Webhook endpoints: whose they are, where they may lead, and their secrets."""

import base64
from typing import Any

import pytest

from app.services.webhook_endpoints import MOST_PER_OWNER
from tests.support.api import Api, problem
from tests.support.database import Database
from tests.support.faults import forms
from tests.support.targets import PRIVATE, SPELLINGS, TRICKS
from tests.support.webhooks import PATH, endpoint, names_of, registered

NOT_FOUND = (404, "not_found")


def refused(answer: Any) -> tuple[int, list[dict[str, str]]]:
    """Status and faults of a refusal."""
    return answer.status_code, answer.json()["errors"]


async def test_an_endpoint_is_registered_and_read(api: Api) -> None:
    answer = await api.core.post(PATH, endpoint(description="Core banking"))
    made = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert (made["owner"], made["status"], made["disabled_reason"]) == ("system/core_banking", "enabled", None)
    read = await api.core.get(f"{PATH}/{made['id']}")
    assert read.headers["ETag"] == '"1"'
    secret = made.pop("secret")
    assert read.json() == made
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 32
    assert (await api.core.get(PATH)).json() == {"items": [made], "next_cursor": None}


async def test_its_secret_is_told_once_and_lies_nowhere_in_the_open(api: Api, database: Database) -> None:
    first = await api.core.post(PATH, endpoint(), headers={"Idempotency-Key": "once"})
    again = await api.core.post(PATH, endpoint(), headers={"Idempotency-Key": "once"})
    assert again.json() == {**first.json(), "secret": None}
    rotation = f"{PATH}/{first.json()['id']}/secret-rotation"
    rotated = await api.core.post(rotation, headers={"Idempotency-Key": "twice"})
    repeated = await api.core.post(rotation, headers={"Idempotency-Key": "twice"})
    assert (rotated.status_code, repeated.json()) == (200, {"secret": None})
    secrets = {first.json()["secret"], rotated.json()["secret"]}
    assert len(secrets) == 2
    rows = [*await database.fetch("SELECT * FROM webhook_endpoint"), *await database.fetch("SELECT * FROM audit_entry")]
    rows += await database.fetch("SELECT * FROM kept_answer")
    stored = "".join(str([bytes(v).hex() if isinstance(v, bytes) else v for v in row.values()]) for row in rows)
    for secret in secrets:
        for form in [*forms(secret), base64.b64decode(secret.removeprefix("whsec_")).hex()]:
            assert form not in stored


@pytest.mark.parametrize("role", ["partner", "admin"])
async def test_who_may_not_read_the_feed_hears_of_what_the_contract_names_and_nothing_finer(
    api: Api, role: str
) -> None:
    caller = api.as_role(role)
    finer = ["consent.withdrawn", "legal_hold.placed", "deletion_case.opened", "subject.came_of_age"]
    faults = [{"pointer": f"/event_types/{at}", "code": "not_allowed"} for at in (1, 2, 3)]
    assert refused(await caller.post(PATH, endpoint(event_types=finer))) == (422, faults)
    made = await registered(caller, event_types=["consent.withdrawn", "request.overdue", "webhook_endpoint.disabled"])
    path = f"{PATH}/{made['id']}"
    assert refused(await caller.call("PATCH", path, json={"event_types": finer})) == (422, faults)
    await registered(api.core, event_types=finer)
    await registered(api.dpo, event_types=finer)


async def test_systems_and_partners_reach_their_own_and_dpo_and_admin_all(api: Api) -> None:
    partner, other = api.as_role("partner", sub="p-1"), api.as_role("partner", sub="p-2")
    loans = api.as_role("core_banking", system="loans", sub="instance-1")
    owned = {
        name: await registered(caller) for name, caller in (("core", api.core), ("loans", loans), ("p-1", partner))
    }
    assert owned["p-1"]["owner"] == "sub/p-1"

    async def seen(caller: Api) -> set[str]:
        listed = {item["id"] for item in (await caller.get(PATH)).json()["items"]}
        for made in owned.values():
            path = f"{PATH}/{made['id']}"
            for answer in (await caller.get(path), await caller.get(f"{path}/deliveries")):
                assert (answer.status_code == 200) == (made["id"] in listed)
        return {name for name, made in owned.items() if made["id"] in listed}

    assert await seen(api.core) == {"core"}
    assert await seen(api.as_role("core_banking", system="loans", sub="instance-2")) == {"loans"}, "of the same system"
    assert await seen(partner) == {"p-1"}
    assert await seen(other) == await seen(api.as_role("partner", sub="core_banking")) == set()
    for caller in (api.dpo, api.as_role("admin"), api.as_role("auditor"), api.as_role("auditor", "partner")):
        assert await seen(caller) == set(owned)


async def test_what_is_another_s_can_not_be_changed_and_looks_like_nothing(api: Api) -> None:
    made = await registered(api.core)
    path = f"{PATH}/{made['id']}"
    for caller in (api.as_role("partner", sub="p-2"), api.as_role("auditor", "partner", sub="p-2")):
        assert problem(await caller.call("PATCH", path, json={"status": "disabled"})) == NOT_FOUND
        assert problem(await caller.call("DELETE", path)) == NOT_FOUND
        assert problem(await caller.post(f"{path}/secret-rotation")) == NOT_FOUND
    assert problem(await api.as_role("auditor").call("DELETE", path)) == (403, "forbidden")
    for caller in (api.dpo, api.as_role("admin")):
        assert (await caller.call("PATCH", path, json={"description": caller.token[-20:]})).status_code == 200


async def test_an_endpoint_changes_as_asked_and_the_rest_stays(api: Api) -> None:
    made = await registered(api.core, description="old")
    path = f"{PATH}/{made['id']}"
    del made["secret"]
    changed = await api.core.call("PATCH", path, json={"event_types": ["task.created", "task.created"]})
    assert changed.json() == {**made, "event_types": ["task.created"], "version": 2}
    changed = await api.core.call("PATCH", path, json={"description": None, "url": "https://new.coop.example/"})
    assert (changed.json()["description"], changed.json()["url"]) == (None, "https://new.coop.example/")
    off = (await api.core.call("PATCH", path, json={"status": "disabled"})).json()
    assert (off["status"], off["disabled_reason"]) == ("disabled", "requested")
    assert off["disabled_at"] is not None
    on = (await api.core.call("PATCH", path, json={"status": "enabled"})).json()
    assert (on["status"], on["disabled_reason"], on["disabled_at"], on["version"]) == ("enabled", None, None, 5)
    for nothing in ({}, {"status": "enabled"}, {"url": None}):
        assert (await api.core.call("PATCH", path, json=nothing)).json()["version"] == 5


async def test_a_stale_version_changes_nothing(api: Api) -> None:
    path = f"{PATH}/{(await registered(api.core))['id']}"
    await api.core.call("PATCH", path, json={"description": "new"})
    stale = {"If-Match": '"1"'}
    for answer in (
        await api.core.call("PATCH", path, json={"status": "disabled"}, headers=stale),
        await api.core.call("DELETE", path, headers=stale),
    ):
        assert problem(answer) == (412, "version_conflict")
    assert (await api.core.call("DELETE", path, headers={"If-Match": '"2"'})).status_code == 204
    assert problem(await api.core.get(path)) == NOT_FOUND


async def test_an_owner_has_twenty_at_most(api: Api) -> None:
    for _ in range(MOST_PER_OWNER):
        last = await registered(api.core)
    assert problem(await api.core.post(PATH, endpoint())) == (409, "endpoint_limit_reached")
    await registered(api.as_role("partner"))
    await api.core.call("DELETE", f"{PATH}/{last['id']}")
    await registered(api.core)


async def test_pages_follow_one_another_and_a_cursor_is_its_owner_s(api: Api) -> None:
    made = [(await registered(api.core))["id"] for _ in range(3)]
    first = (await api.core.get(PATH, params={"limit": 2})).json()
    cursor = first["next_cursor"]
    second = (await api.core.get(PATH, params={"limit": 2, "cursor": cursor})).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert problem(await api.dpo.get(PATH, params={"cursor": cursor})) == (422, "bad_cursor")


@pytest.mark.parametrize(
    "wrong", [[], ["no.such"], ["consent.granted", 1], "consent.granted", [["task.created"]], None]
)
async def test_only_known_types_are_taken(api: Api, wrong: object) -> None:
    assert (await api.core.post(PATH, endpoint(event_types=wrong))).status_code == 422


async def test_no_endpoint_leads_inside(api: Api, database: Database) -> None:
    """The Kelvin sign is not tried: by NFC it is an ordinary K before anybody looks."""
    names = names_of(api)
    names.point("public.example", ["93.184.215.14"])
    urls = [*TRICKS, *(f"https://{host}/" for host in SPELLINGS if "\u212a" not in host)]
    for number, address in enumerate(one for one in PRIVATE if not one.startswith("127.") and one != "::1"):
        names.point(f"inside{number}.example", ["93.184.215.14", address])
        urls += [
            f"https://inside{number}.example/",
            f"https://[{address}]/" if ":" in address else f"https://{address}/",
        ]
    for url in [*urls, "http://public.example/", "https://public.example:8443/"]:
        answer = await api.core.post(PATH, endpoint(url))
        assert answer.status_code == 422, url
        status, faults = refused(answer)
        assert (status, faults[0]["pointer"]) == (422, "/url"), url
        assert faults[0]["code"] in {"not_allowed", "unsafe_text", "too_long", "too_short"}, url
    assert not await database.fetch("SELECT 1 FROM webhook_endpoint")
    path = f"{PATH}/{(await registered(api.core))['id']}"
    inside = await api.core.call("PATCH", path, json={"url": "https://inside1.example/", "description": "new"})
    assert refused(inside) == (422, [{"pointer": "/url", "code": "not_allowed"}])
    assert (await api.core.get(path)).json()["description"] is None


async def test_what_the_operator_lists_is_taken_with_plain_http_and_any_port(api: Api) -> None:
    names_of(api).point("local.example", ["127.0.0.1", "::1"])
    for url in ("http://127.0.0.1:9000/hooks", "https://[::1]:8443/", "http://local.example/", "https://soon.example/"):
        assert (await registered(api.core, url))["url"] == url


async def test_every_change_is_audited_without_address_or_secret(api: Api, database: Database) -> None:
    made = await registered(api.core, "https://core.coop.example/hooks?token=canary")
    path = f"{PATH}/{made['id']}"
    await api.core.call("PATCH", path, json={"url": "https://core.coop.example/canary"})
    await api.core.post(f"{path}/secret-rotation")
    await api.core.call("DELETE", path)
    entries = await database.fetch(
        "SELECT action, details::text FROM audit_entry WHERE object_id = $1 ORDER BY id", made["id"]
    )
    assert [entry["action"].removeprefix("webhook_endpoint.") for entry in entries] == [
        *("registered", "changed", "secret_rotated", "removed")
    ]
    assert not any("canary" in entry["details"] or "whsec" in entry["details"] for entry in entries)
