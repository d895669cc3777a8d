"""A real PostgreSQL server for one test, if the machine has one installed."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwall

from tests.made.prefect_server import free_port

USER = "rollcall"
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu keep the programs of each version, which are not on the path."""


def missing() -> str | None:
    """Why no server can be started here; null: one can."""
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "no PostgreSQL is installed"
    if os.geteuid() == 0 and _runs_as() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty database on a free port, as postgresql://USER:PASSWORD@HOST:PORT/NAME; gone after the block."""
    # Not in the test's own folder: its path may be too long for a socket, and only its owner may enter it.
    with tempfile.TemporaryDirectory(prefix="rollcall-postgresql-") as folder:
        where, password, port = Path(folder), secrets.token_hex(12), free_port()
        (where / "password").write_text(password, "utf-8")
        if runs_as := _runs_as():
            for path in (where, where / "password"):
                shutil.chown(path, runs_as)
        data = ["-D", str(where / "data")]
        _run("initdb", *data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={where / 'password'}", "--encoding=UTF8")
        listens = f"-p {port} -k {where} -c listen_addresses=127.0.0.1"
        _run("pg_ctl", *data, "-w", "-l", str(where / "log"), "-o", listens, "start")
        try:
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", *data, "-w", "-m", "immediate", "stop")


def _program(name: str) -> str | None:
    places = [os.environ.get("PATH", ""), *map(str, sorted(DEBIAN.glob("*/bin"), reverse=True))]
    return shutil.which(name, path=os.pathsep.join(places))


def _runs_as() -> str | None:
    """If the tests run as root, which PostgreSQL refuses, the user that it runs as; null: the tests' own user."""
    return "postgres" if os.geteuid() == 0 and any(user.pw_name == "postgres" for user in getpwall()) else None


def _run(name: str, *arguments: str) -> None:
    program = _program(name)
    assert program is not None
    # A server that goes on running would keep a pipe open for ever, so its output goes to a file.
    with tempfile.TemporaryFile() as log:
        done = subprocess.run(
            [program, *arguments],
            cwd="/",
            user=_runs_as(),
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        log.seek(0)
        assert done.returncode == 0, log.read().decode("utf-8", "replace")
