"""The keys that anybody verifies receipts with."""

from app.main import Process
from app.services import signing_keys
from tests.support.api import Api
from tests.support.database import Database
from tests.support.services import working


async def published(api: Api) -> list[dict[str, str]]:
    answer = await api.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    keys: list[dict[str, str]] = answer.json()["keys"]
    return keys


async def test_before_anything_was_signed_there_is_none_and_asking_makes_none(api: Api, database: Database) -> None:
    assert await published(api) == []
    assert (await database.counts())["keys.signing_key"] == 0


async def test_every_key_stays_published_the_newest_first(api: Api, process: Process) -> None:
    made = []
    for _ in range(3):
        async with working(process) as work:
            made.append(await signing_keys.rotate(work))
    assert [key["kid"] for key in await published(api)] == made[::-1]


async def test_it_shows_public_halves_only(api: Api, process: Process) -> None:
    async with working(process) as work:
        await signing_keys.current(work)
    [key] = await published(api)
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


async def test_the_key_of_the_sandbox_s_tokens_is_another_one(api: Api, process: Process) -> None:
    async with working(process) as work:
        await signing_keys.current(work)
    assert process.issuer is not None
    assert process.issuer.jwk["kid"] not in {key["kid"] for key in await published(api)}


async def test_it_may_be_kept_for_five_minutes(api: Api) -> None:
    for method in ("GET", "HEAD"):
        answer = await api.call(method, "/.well-known/jwks.json")
        assert answer.headers.get_list("cache-control") == ["public, max-age=300"]
