"""Solidity sources to artifacts, through the compiler's standard JSON: the same sources give the same bytes anywhere.

The settings are foundry.toml's, so that forge's tests run the bytecode that is shipped. A native solc that py-solc-x
has installed is used if there is one, else the npm package behind `solc-adapter.cjs`; both give the same bytecode.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Final

import solcx
from solcx.exceptions import SolcError

from fairmeter.chain.abi import Item, signature
from fairmeter.chain.artifact import Artifact
from fairmeter.errors import InputError, ToolMissingError

SOLC_VERSION: Final = "0.8.37"
ADAPTER: Final = Path(__file__).with_name("solc-adapter.cjs")
INTERFACES: Final = "src/interfaces/"
INPUT_NAME: Final = "compiler-input.json"
OUTPUTS: Final = (
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)
IMPORT: Final = re.compile(r"""^\s*(?:import|\}\s*from)\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
"""The path of an import, on the line of `import` or, where names are listed over several lines, on that of `} from`."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """One run of the compiler."""

    input: Mapping[str, Any]
    """The standard JSON input, sources included: enough to compile again anywhere."""
    artifacts: tuple[Artifact, ...]
    """By name; of the contracts in src/ that can be deployed."""

    def input_json(self) -> str:
        """The same text every time, keys sorted."""
        return json.dumps(self.input, indent=1, sort_keys=True) + "\n"

    def write(self, directory: Path) -> None:
        """One JSON file an artifact, and the compiler's input; artifacts of contracts that are gone are removed."""
        directory.mkdir(parents=True, exist_ok=True)
        texts = {f"{artifact.name}.json": artifact.to_json() for artifact in self.artifacts}
        texts[INPUT_NAME] = self.input_json()
        for stale in {path.name for path in directory.glob("*.json")} - set(texts):
            (directory / stale).unlink()
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8")


def compile_contracts(contracts: Path) -> Compilation:
    """Compile the contracts in `contracts`/src with the settings of `contracts`/foundry.toml.

    Folders below src hold what is not deployed by itself: types, interfaces, libraries.

    Raises InputError for sources or settings that are wrong, ToolMissingError where there is no compiler.
    """
    settings = _settings(contracts / "foundry.toml")
    paths = sorted((contracts / "src").glob("*.sol"))
    if not paths:
        raise InputError(f"no Solidity source in {contracts / 'src'}")
    own = [path.relative_to(contracts).as_posix() for path in paths]
    sources = _with_imports(contracts, own, settings["remappings"])
    interfaces = (name for name in sources if name.startswith(INTERFACES))
    selection = {**{name: {"*": ["abi"]} for name in interfaces}, **{name: {"*": list(OUTPUTS)} for name in own}}
    document = {
        "language": "Solidity",
        "sources": {name: {"content": sources[name]} for name in sorted(sources)},
        "settings": {**settings, "outputSelection": selection},
    }
    return compile_input(document)


def compile_input(document: Mapping[str, Any]) -> Compilation:
    """Compile a standard JSON input as `Compilation.input` holds it: an auditor needs nothing but a bundle's."""
    binary = _binary()
    try:
        result = solcx.compile_standard(dict(document), solc_binary=binary)
    except SolcError as error:
        if not error.error_dict:
            raise ToolMissingError(f"the compiler {binary} does not run: {_first_line(error.stderr_data)}") from error
        raise InputError(_first_line(error.message)) from error
    except CalledProcessError as error:
        raise ToolMissingError(f"the compiler {binary} does not run: run npm ci in contracts/") from error
    except (OSError, ValueError) as error:
        raise ToolMissingError(f"the compiler {binary} failed: {error}") from error
    settings = {key: value for key, value in document["settings"].items() if key != "outputSelection"}
    compiler = {"version": SOLC_VERSION, "settings": settings}
    contracts = [
        named for unit in document["settings"]["outputSelection"] for named in result["contracts"].get(unit, {}).items()
    ]
    names = _named_parameters([contract["abi"] for _, contract in contracts])
    found = [
        _artifact(name, {**contract, "abi": [_with_names(item, names) for item in contract["abi"]]}, compiler)
        for name, contract in contracts
        if "evm" in contract and contract["evm"]["bytecode"]["object"]
    ]
    return Compilation(document, tuple(sorted(found, key=lambda artifact: artifact.name)))


def _named_parameters(abis: Sequence[Sequence[Item]]) -> dict[str, Item]:
    """By signature, the functions that some contract declares without names and an interface with them: who reads the
    calldata of one that is handed on wants to know what is what."""
    functions = [item for abi in abis for item in abi if item["type"] == "function"]
    named = {signature(item): item for item in functions if all(one["name"] for one in item["inputs"])}
    return {
        signature(item): named[signature(item)] for item in functions if not all(one["name"] for one in item["inputs"])
    }


def _with_names(item: Item, names: Mapping[str, Item]) -> Item:
    return names.get(signature(item), item) if item["type"] == "function" else item


def _artifact(name: str, contract: Mapping[str, Any], compiler: Mapping[str, Any]) -> Artifact:
    evm = contract["evm"]
    try:
        bytecode = bytes.fromhex(evm["bytecode"]["object"])
    except ValueError as error:
        raise InputError(
            f"contract {name} calls a library that is deployed apart: make its functions internal"
        ) from error
    return Artifact(
        name=name,
        abi=tuple(contract["abi"]),
        bytecode=bytecode,
        deployed_bytecode=bytes.fromhex(evm["deployedBytecode"]["object"]),
        immutable_references=evm["deployedBytecode"].get("immutableReferences", {}),
        compiler=compiler,
    )


def _binary() -> Path:
    if SOLC_VERSION in map(str, solcx.get_installed_solc_versions()):
        return Path(solcx.install.get_executable(SOLC_VERSION))
    if shutil.which("node") is None:
        raise ToolMissingError(
            f"no Solidity compiler {SOLC_VERSION}: install Node 20 and run npm ci in contracts/, "
            f"or run python -c \"import solcx; solcx.install_solc('{SOLC_VERSION}')\""
        )
    # asked here, for py-solc-x lets what the adapter says of a missing package through to the terminal
    asked = subprocess.run([ADAPTER, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    if asked.returncode:
        raise ToolMissingError(_first_line(asked.stderr))
    return ADAPTER


def _settings(path: Path) -> dict[str, Any]:
    """The compiler's part of foundry.toml's default profile, as standard JSON has it."""
    try:
        profile = tomllib.loads(path.read_text(encoding="utf-8"))["profile"]["default"]
        return {
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "evmVersion": profile["evm_version"],
            "viaIR": profile["via_ir"],
            "metadata": {"bytecodeHash": profile["bytecode_hash"]},
            "remappings": sorted(profile["remappings"]),
        }
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    except KeyError as error:
        raise InputError(f"{path} lacks {error} in [profile.default]") from error


def _with_imports(root: Path, names: list[str], remappings: list[str]) -> dict[str, str]:
    """Source by unit name (the path from `root`), of `names` and of all that they import."""
    prefixes = [remapping.split("=", 1) for remapping in remappings]
    sources: dict[str, str] = {}
    waiting = [(name, "") for name in names]
    while waiting:
        name, importer = waiting.pop()
        if name in sources:
            continue
        try:
            sources[name] = (root / name).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{importer or root} imports {name}, which cannot be read: {error.strerror}") from error
        waiting.extend((_unit(path, name, prefixes), name) for path in IMPORT.findall(sources[name]))
    return sources


def _unit(path: str, importer: str, prefixes: list[list[str]]) -> str:
    """The unit name that the compiler gives to an imported path: relative first, then the longest remapping."""
    if path.startswith("."):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
    matching = [(prefix, target) for prefix, target in prefixes if path.startswith(prefix)]
    if not matching:
        return path
    prefix, target = max(matching, key=lambda pair: len(pair[0]))
    return target + path[len(prefix) :]


def _first_line(text: str | None) -> str:
    """The compiler's first complaint, its place included, on one line."""
    lines = (text or "").strip().splitlines()
    return " ".join(line.strip() for line in lines[:2] if line.strip()) or "it says nothing"
