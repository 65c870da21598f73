"""Database servers of the tests' own, started where their programs are installed and ended by who started them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

__all__ = ["Server", "mariadb", "postgresql"]

USER, PASSWORD = "reader", "correct horse battery"
_PATIENCE = 120


@attrs.frozen
class Server:
    """
    A server that runs.

    Attributes:
        url: Without a user, a password and a database; it is reached through a socket in a folder, so it needs no port.
        admin: With all of them.
    """

    url: str
    admin: str

    @property
    def name(self) -> str:
        return self.url.partition(":")[0]

    def run(self, *statements: str) -> None:
        """Run *statements* as who may do everything."""
        import sqlalchemy

        engine = sqlalchemy.create_engine(self.admin, poolclass=sqlalchemy.NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@contextmanager
def postgresql() -> Generator[Server]:
    """PostgreSQL, which refuses to be run by root: root lends it another user."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs and (found := shutil.which("initdb")):
        programs = [Path(found).parent]
    if not programs:
        pytest.skip("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH")
    with _folder() as (folder, other):
        data, control = folder / "data", [str(programs[-1] / "pg_ctl"), "-D", str(folder / "data"), "-w"]
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        init = [programs[-1] / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
        _run([*map(str, init), "-E", "UTF8", "--locale=C", "--no-sync"], other)
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], other)
        try:
            server = Server(
                f"postgresql:///?host={folder}",
                f"postgresql+psycopg://postgres:{PASSWORD}@/postgres?host={folder}",
            )
            server.run(f"CREATE USER {USER} PASSWORD '{PASSWORD}'", "CREATE DATABASE orders")
            inside = Server(server.url, server.admin.replace("/postgres?", "/orders?"))
            inside.run(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {USER}")
            inside.run(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {USER}")
            yield inside
        finally:
            _run([*control, "-m", "immediate", "stop"], other)


@contextmanager
def mariadb() -> Generator[Server]:
    """MariaDB, which speaks MySQL's protocol."""
    install, daemon = (shutil.which(name, path=_PATH) for name in ("mariadb-install-db", "mariadbd"))
    if install is None or daemon is None:
        pytest.skip("MariaDB is not installed: no mariadb-install-db and mariadbd")
    with _folder() as (folder, _):
        data, socket, init = folder / "data", folder / "socket", folder / "init.sql"
        owner = pwd.getpwuid(os.getuid()).pw_name
        _run([install, "--no-defaults", f"--datadir={data}", "--skip-test-db", f"--user={owner}"], {})
        statements = [
            "CREATE DATABASE orders",
            f"CREATE USER {USER}@localhost IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON orders.* TO {USER}@localhost",
            f"CREATE USER admin@localhost IDENTIFIED BY '{PASSWORD}'",
            "GRANT ALL ON *.* TO admin@localhost",
        ]
        init.write_text(";\n".join([*statements, ""]))
        where = [f"--datadir={data}", f"--socket={socket}", f"--pid-file={folder / 'pid'}", f"--init-file={init}"]
        command = [daemon, "--no-defaults", f"--user={owner}", "--skip-networking", *where]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            try:
                ready = any("ready for connections" in line for line in process.stderr)
                assert ready, "MariaDB ended before it was ready"
                admin = f"mysql+pymysql://admin:{PASSWORD}@localhost/orders?unix_socket={socket}"
                yield Server(f"mysql://localhost?unix_socket={socket}", admin)
            finally:
                process.terminate()
                process.communicate(timeout=_PATIENCE)


_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"])


@contextmanager
def _folder() -> Generator[tuple[Path, dict[str, Any]]]:
    """A folder, and as whom its server is run: pytest's own folders are closed to all but the user of the tests."""
    is_root = os.getuid() == 0
    with tempfile.TemporaryDirectory(prefix="amlwrap-server-", dir="/tmp" if is_root else None) as name:
        folder = Path(name)
        other: dict[str, Any] = {}
        if is_root:
            known = {entry.pw_name for entry in pwd.getpwall()}
            user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
            other = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        yield folder, other


def _run(command: list[str], other: dict[str, Any]) -> None:
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        timeout=_PATIENCE,
        **other,
    )
    assert done.returncode == 0, done.stderr
