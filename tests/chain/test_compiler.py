from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import solcx

from fairmeter.chain import compiler
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.compiler import ADAPTER, INPUT_NAME, SOLC_VERSION, Compilation, compile_contracts, compile_input
from fairmeter.errors import InputError, ToolMissingError


@pytest.fixture(scope="session")
def compilation(probe_project: Path) -> Compilation:
    return compile_contracts(probe_project)


@pytest.fixture
def project(probe_project: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(probe_project, tmp_path / "contracts", symlinks=True))


def test_compile_contracts__project__interface_bytecode_and_immutables(compilation: Compilation) -> None:
    (artifact,) = compilation.artifacts
    assert artifact.name == "Probe"
    assert {item["name"] for item in artifact.abi if item["type"] == "error"} == {"Refused", "Late"}
    assert artifact.deployed_bytecode in artifact.bytecode
    assert artifact.compiler["version"] == SOLC_VERSION
    (places,) = artifact.immutable_references.values()
    assert all(artifact.deployed_bytecode[p["start"] :][: p["length"]] == bytes(32) for p in places)


def test_compile_contracts__imports__only_what_is_reached(compilation: Compilation) -> None:
    assert set(compilation.input["sources"]) == {
        "src/Probe.sol",
        "src/interfaces/IProbe.sol",
        "node_modules/@openzeppelin/contracts/utils/Panic.sol",
        "node_modules/@openzeppelin/contracts/utils/math/Math.sol",
        "node_modules/@openzeppelin/contracts/utils/math/SafeCast.sol",
    }


def test_compile_input__what_was_compiled__the_same_artifacts(compilation: Compilation) -> None:
    again = compile_input(compilation.input)
    assert again.artifacts == compilation.artifacts
    assert again.input_json() == compilation.input_json()


def test_write__folder__as_loaded_and_nothing_stale(compilation: Compilation, tmp_path: Path) -> None:
    (tmp_path / "Gone.json").write_text("{}")
    compilation.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Probe.json", INPUT_NAME]
    assert Artifact.load(tmp_path / "Probe.json") == compilation.artifacts[0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"contractName": "A", "abi": [], "bytecode": "0xzz"}'])
def test_load__not_an_artifact__one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "A.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"A\.json is not one that the compile command writes"):
        Artifact.load(path)


def test_load__no_file__one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        Artifact.load(tmp_path / "A.json")


def test_compile_contracts__syntax_error__its_place(project: Path) -> None:
    (project / "src" / "Probe.sol").write_text("pragma solidity ^0.8.28;\ncontract Probe { uint }\n")
    with pytest.raises(InputError, match=r"^ParserError: .* --> src/Probe\.sol:2:23:?$") as caught:
        compile_contracts(project)
    assert "\n" not in str(caught.value)


def test_compile_contracts__missing_import__who_imports_it(project: Path) -> None:
    (project / "src" / "interfaces" / "IProbe.sol").unlink()
    with pytest.raises(InputError, match=r"^src/Probe\.sol imports src/interfaces/IProbe\.sol, which cannot be read"):
        compile_contracts(project)


def test_compile_contracts__nothing_to_compile__one_line(project: Path) -> None:
    shutil.rmtree(project / "src")
    with pytest.raises(InputError, match="no Solidity source in"):
        compile_contracts(project)


@pytest.mark.parametrize(
    ("text", "message"),
    [("[profile.default]\n", r"lacks 'optimizer' in \[profile\.default\]"), ("[profile", "is not TOML")],
)
def test_compile_contracts__wrong_settings__one_line(project: Path, text: str, message: str) -> None:
    (project / "foundry.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        compile_contracts(project)


def test_compile_contracts__library_deployed_apart__refused(project: Path) -> None:
    (project / "src" / "Probe.sol").write_text(
        "pragma solidity ^0.8.28;\nlibrary Apart { function f() external pure returns (uint256) { return 1; } }\n"
        "contract Probe { function g() external pure returns (uint256) { return Apart.f(); } }\n"
    )
    with pytest.raises(InputError, match="contract Probe calls a library that is deployed apart"):
        compile_contracts(project)


def test_compile_input__no_node__says_how_to_get_a_compiler(
    compilation: Compilation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match=r"^no Solidity compiler 0\.8\.37: install Node 20 and run npm ci"):
        compile_input(compilation.input)


def test_compile_input__npm_package_missing__says_so(
    compilation: Compilation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "a" / "b" / "c" / ADAPTER.name
    elsewhere.parent.mkdir(parents=True)
    shutil.copy(ADAPTER, elsewhere)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compiler, "ADAPTER", elsewhere)
    with pytest.raises(ToolMissingError, match=r"run npm ci in contracts/"):
        compile_input(compilation.input)


def test_adapter__version__as_the_native_compiler_says_it() -> None:
    if solcx.get_installed_solc_versions():
        pytest.skip("a native compiler is installed")
    assert str(solcx.wrapper.get_solc_version(ADAPTER)) == SOLC_VERSION
