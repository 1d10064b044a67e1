from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairmeter.errors import InputError, ToolMissingError, VaultError
from fairmeter.extras import extra
from fairmeter.vault.store import Objects, Store, open_store


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A real S3 server on this machine, with an empty bucket; its address is in the environment meanwhile."""
    import boto3  # noqa: PLC0415
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    names = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "customer",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="credit")
        yield "s3://credit/vault"
        server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    where = str(tmp_path / "new" / "store") if request.param == "folder" else request.getfixturevalue("bucket")
    return open_store(where)


def test_objects__put__are_got_by_their_hash(store: Store) -> None:
    objects = Objects(store)
    names = [objects.put(data) for data in (b"", b"a grade", bytes(100_000))]
    assert [len(objects.get(name)) for name in names] == [0, 7, 100_000]
    assert store.names("objects") == sorted(f"objects/{name.hex()}" for name in names)
    assert store.names("requests") == []
    assert store.read("objects/none") is None


def test_objects__exchanged_or_lost__refused(store: Store) -> None:
    objects = Objects(store)
    name = objects.put(b"B+")
    store.write(f"objects/{name.hex()}", b"A+")
    with pytest.raises(VaultError, match="is another one"):
        objects.get(name)
    with pytest.raises(VaultError, match="is not in the store"):
        objects.get(bytes(32))


def test_open_store__another_url__refused() -> None:
    with pytest.raises(InputError, match="expected a folder, or s3://"):
        open_store("ftp://host/folder")


def test_bucket__that_is_not_there__said_in_one_line(bucket: str) -> None:
    with pytest.raises(InputError, match="s3://none/vault: ") as refused:
        Objects(open_store(bucket.replace("credit", "none"))).put(b"")
    assert "\n" not in str(refused.value)


def test_folder__where_a_file_is__said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = open_store(str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be made"):
        store.write("objects/name", b"")
    with pytest.raises(InputError, match="cannot be read"):
        store.read("objects/name")


def test_extra__that_is_not_installed__said_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    assert extra("contextlib", "vault") is contextlib
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(ToolMissingError, match=r"needs umbral_pre: pip install 'fairmeter\[vault-proxies\]'"):
        extra("umbral_pre", "vault-proxies")
