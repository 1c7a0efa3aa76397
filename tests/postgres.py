"""A private PostgreSQL for the tests: one throw-away cluster a run, shared by all xdist workers, on a unix socket only."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

RUN_VARIABLE = "TEST_RUN_FOLDER"
REMEDY = (
    "PostgreSQL's server programs (initdb, pg_ctl) were not found under /usr/lib/postgresql/*/bin nor on PATH, and half of the "
    "tests need them. Install them, for example: `apt-get install postgresql` (Debian, Ubuntu), `dnf install postgresql-server` "
    "(Fedora), `brew install postgresql` (macOS); `make test` does so by itself when it runs as root on Debian or Ubuntu."
)
OWNER = "postgres"
INSTALLED = Path("/usr/lib/postgresql")  # where Debian keeps them, one folder a major version
_OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=100 "
    "-c shared_buffers=64MB -c max_wal_size=1GB -c autovacuum=off -c jit=off"
)
# For who measures what a commit costs; of an option given twice the later one counts.
_DURABLE = "-c fsync=on -c full_page_writes=on -c synchronous_commit=on"
# Ends the cluster even if the run itself was killed. $1: process to watch, $2: its folder, rest: the stop command.
_WATCHDOG = '(run=$1 folder=$2; shift 2; while kill -0 "$run" && [ -d "$folder" ]; do sleep 1; done; "$@"; rm -rf "$folder") &'


class PostgresMissing(Exception):
    pass


def begin_run(*, durable: bool = False) -> None:
    """In the controlling process, before any worker starts: name the folder that all of them will share."""
    folder = tempfile.mkdtemp(prefix="comeback-tests-")
    Path(folder).chmod(0o711)
    os.environ[RUN_VARIABLE] = folder
    os.environ[f"{RUN_VARIABLE}_PID"] = str(os.getpid())
    os.environ[f"{RUN_VARIABLE}_OPTIONS"] = _DURABLE if durable else ""
    # Two runs at once must not find each other's half-read files.
    os.environ["XDG_DATA_HOME"] = str(Path(folder) / "data-home" / "alone")


def end_run() -> None:
    folder = Path(os.environ.pop(RUN_VARIABLE))
    if (folder / "cluster.json").exists():
        subprocess.run(_stop_command(folder), check=True, capture_output=True)
    shutil.rmtree(folder)


def run_folder() -> Path:
    return Path(os.environ[RUN_VARIABLE])


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One worker at a time."""
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def server(folder: Path) -> str:
    """The socket folder of the run's cluster, which is started when nobody did before."""
    with locked(folder):
        note = folder / "cluster.json"
        if not note.exists():
            note.write_text(json.dumps({"socket": str(_start(folder))}))
        return str(json.loads(note.read_text())["socket"])


def url(socket: str, database: str) -> str:
    return f"postgresql+psycopg://comeback@/{database}?host={socket}"


def execute(socket: str, statement: str) -> None:
    """Run a statement that can't be in a transaction (CREATE DATABASE and the like)."""
    with psycopg.connect(host=socket, user="comeback", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def exists(socket: str, database: str) -> bool:
    with psycopg.connect(host=socket, user="comeback", dbname="postgres", autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def _start(folder: Path) -> Path:
    if os.geteuid() == 0 and _owner() is None:
        raise PostgresMissing(f"PostgreSQL can't run as root and there is no user {OWNER!r}. Create it: useradd --system {OWNER}")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    home = folder / "pg"
    home.mkdir()
    owner = _owner()
    if owner is not None:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = home / "data"
    _run([initdb, "-D", str(data), "-U", "comeback", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
    options = f"{_OPTIONS} {os.environ.get(f'{RUN_VARIABLE}_OPTIONS', '')} -k {home}"
    _run([pg_ctl, "-D", str(data), "-l", str(home / "log"), "-w", "-t", "60", "-o", options, "start"])
    watched = os.environ.get(f"{RUN_VARIABLE}_PID", str(os.getpid()))
    subprocess.run(
        ["/bin/sh", "-c", _WATCHDOG, "watchdog", watched, str(folder), *_stop_command(folder)],
        check=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return home


def _stop_command(folder: Path) -> list[str]:
    return _as_owner([_program("pg_ctl"), "-D", str(folder / "pg" / "data"), "-m", "immediate", "-w", "stop"])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(_as_owner(command), check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise PostgresMissing(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _as_owner(command: Sequence[str]) -> list[str]:
    # initdb refuses to work as root.
    return [_runuser(), "-u", OWNER, "--", *command] if os.geteuid() == 0 else list(command)


def _runuser() -> str:
    """It lies in /usr/sbin, which not everybody's PATH names."""
    return shutil.which("runuser") or shutil.which("runuser", path="/usr/sbin:/sbin") or "runuser"


def _owner() -> pwd.struct_passwd | None:
    """Whom the cluster is given to; None: ourselves."""
    return next((user for user in pwd.getpwall() if user.pw_name == OWNER), None) if os.geteuid() == 0 else None


def _program(name: str) -> str:
    versions = sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise PostgresMissing(REMEDY)
    return found
