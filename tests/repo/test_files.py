"""What must not be committed: a machine's paths, a registry's hosts, leftovers; and versions that are not pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|farm|root|tmp|home/[a-z]+|Users/[a-z]+)/")
REGISTRY = re.compile(r"https?://[a-z.]*(?:npm|pypi|pythonhosted|yarn|debian)[a-z]*\.")
OTHER_PLATFORM = re.compile(r"@foundry-rs/\w+-(?!linux-amd64)\w+-\w+$")
"""npm ci wants the binaries of every platform in the lock, also those that its writer could not get to hash."""
LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b|^(?:<{7}|>{7}) ", re.MULTILINE)
TEXT = {".py", ".sol", ".md", ".toml", ".json", ".cjs", ".txt", ".yml", ".yaml", ".sh", ""}


@pytest.fixture(scope="module")
def texts(tracked: list[Path]) -> dict[Path, str]:
    own = Path(__file__).resolve()
    return {path: path.read_text(encoding="utf-8") for path in tracked if path.suffix in TEXT and path != own}


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY, LEFTOVER], ids=["machine-path", "registry", "leftover"])
def test_committed_files__what_belongs_elsewhere__absent(texts: dict[Path, str], pattern: re.Pattern[str]) -> None:
    found = {f"{path}: {match[0]}" for path, text in texts.items() for match in pattern.finditer(text)}
    assert found == set()


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, 'open("/tmp/x")'),
        (MACHINE_PATH, "see /" + "work/main/README.md"),
        (REGISTRY, '"resolved": "https://registry.' + 'npmjs.org/solc"'),
        (LEFTOVER, "# TODO: later"),
    ],
)
def test_patterns__an_example__found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_package_lock__every_package__pinned_by_hash_and_without_a_host(root: Path) -> None:
    lock = json.loads((root / "contracts" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    unpinned = {name for name, package in packages.items() if "integrity" not in package}
    assert {name for name in unpinned if not OTHER_PLATFORM.search(name)} == set()
    assert {name for name, package in packages.items() if "resolved" in package} == set()


def test_package_json__every_version__exact(root: Path) -> None:
    package = json.loads((root / "contracts" / "package.json").read_text(encoding="utf-8"))
    versions = {**package["dependencies"], **package.get("devDependencies", {})}
    assert {name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == set()
