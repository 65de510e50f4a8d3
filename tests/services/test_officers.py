"""What the officers are written about: an e-mail to whom the pack names for data protection, a reference and no more."""

from tests.support.api import Api
from tests.support.clock import advance
from tests.support.members import push, record, register
from tests.support.requests import decide, finish_tasks, submit

OLD = record("D-old", events={"deposit_made": "2014-03-02"})


async def written(api: Api) -> list[str]:
    """Kinds of the messages to the officers, oldest first."""
    items = (await api.get("/sandbox/outbox")).json()["items"]
    return [one["kind"] for one in reversed(items) if one["kind"].startswith("officer_")]


async def test_the_dpo_hears_of_a_deadline_from_the_day_before_on_each_day_once(api: Api) -> None:
    await register(api)
    request = await submit(api, kind="access")
    await api.staff.post(f"/v1/requests/{request['id']}/assignment", {"assigned_to": "officer-7"})
    await advance(api, "P25D")
    assert await written(api) == []
    await advance(api, "P15D")
    heard = await written(api)
    assert set(heard) == {"officer_due_soon", "officer_overdue"}
    assert heard.count("officer_overdue") == len(await events(api, "request.overdue"))
    assert heard.index("officer_overdue") >= heard.count("officer_due_soon")


async def events(api: Api, event_type: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await api.core.get("/v1/events", params={"type": event_type})).json()["items"]
    return found


async def test_the_dpo_hears_of_a_task_that_is_not_done_in_time_and_of_data_that_comes_back(api: Api) -> None:
    await register(api)
    await push(api, "M-1", OLD)
    request = await submit(api, scope={"record_refs": ["D-old"]})
    assert (await decide(api, request["id"], "granted")).status_code == 200
    await advance(api, "P90D")
    assert "officer_task_escalated" in await written(api)
    await finish_tasks(api)
    await api.core.put("/v1/subjects/M-1/records", {"records": [OLD]})
    assert (await written(api))[-1] == "officer_resurrection"


async def test_the_dpo_hears_once_of_each_push_of_erased_data_and_by_e_mail_of_no_person(api: Api) -> None:
    for ref in ("M-1", "M-2"):
        await register(api, ref)
        await push(api, ref, OLD)
        assert (await decide(api, (await submit(api, ref))["id"], "granted")).status_code == 200
    await finish_tasks(api)
    await api.core.put("/v1/records", {"records": [{**OLD, "subject_ref": ref} for ref in ("M-1", "M-2")]})
    outbox = (await api.get("/sandbox/outbox")).json()["items"]
    [told] = [one["text"] for one in outbox if one["kind"].startswith("officer_")]
    assert "(core_banking)" in told
    assert not {ref for ref in ("M-1", "M-2", "D-old") if ref in told}


async def test_the_dpo_hears_once_of_each_year_without_holidays(api: Api) -> None:
    await advance(api, "P400D")
    heard = await written(api)
    assert heard.count("officer_holidays_missing") == len(await events(api, "holidays.missing")) > 0
