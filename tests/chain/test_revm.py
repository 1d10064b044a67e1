"""What is revm's alone: the columnar path, what it refuses by itself, and that nothing else needs it."""

from __future__ import annotations

import gc
import importlib
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from fairmeter.chain import wake_host
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.genesis import FUNDER, Genesis
from fairmeter.chain.opening import open_engine
from fairmeter.chain.revm import MAX_CODE, MAX_CREATION_CODE, RevmEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.errors import ChainError, ToolMissingError

START = 1_350_000_000
GAS = 8_000_000


def code_of(size: int) -> bytes:
    """Creation code of a contract that is `size` zero bytes."""
    return bytes.fromhex("62") + size.to_bytes(3, "big") + bytes.fromhex("5ff3")


@pytest.mark.parametrize(
    ("creation", "problem"),
    [
        (code_of(MAX_CODE + 1), f"the contract that it creates has {MAX_CODE + 1} bytes, the most is {MAX_CODE}"),
        (bytes(MAX_CREATION_CODE + 1), f"its creation code has {MAX_CREATION_CODE + 1} bytes"),
    ],
)
def test_send__contract_too_large__refused(revm: RevmEngine, creation: bytes, problem: str) -> None:
    deployer = Wallet.on(revm, funder_key(revm))
    (largest,) = revm.send([deployer.sign(None, code_of(MAX_CODE), gas=GAS).raw])
    assert largest.status
    assert largest.contract_address is not None
    assert len(revm.code(largest.contract_address)) == MAX_CODE
    with pytest.raises(ChainError, match=problem):
        revm.send([deployer.sign(None, creation, gas=GAS).raw])
    assert (revm.head(), revm.nonce(FUNDER)) == (1, 1)


def test_send__fees_of_another_genesis__the_base_fee_moves_as_on_py_evm() -> None:
    genesis = Genesis(gas_limit=100_000, base_fee=1_000)
    engines = [EthTesterEngine(genesis), pytest.importorskip("wake_rs") and RevmEngine(genesis)]
    rows = []
    for engine in engines:
        payer = Wallet.on(engine, funder_key(engine))
        payer.fees = replace(payer.fees, max_fee=5_000, priority=3)
        sent = [payer.sign(bytes(19) + b"\1", bytes(length), 1, gas=100_000) for length in (2_000, 10, 5_000, 0, 7_000)]
        receipts = list(engine.send([one.raw for one in sent], START))
        engine.mine()
        fees = [block.base_fee for block in engine.blocks(range(7))]
        rows.append((receipts, fees, engine.balance(FUNDER), engine.balance(bytes(20))))
    assert rows[0] == rows[1]
    assert len(set(rows[0][1])) > 3


def test_send__less_than_the_floor__refused(revm: RevmEngine) -> None:
    payer = Wallet.on(revm, funder_key(revm))
    with pytest.raises(ChainError, match=r"^transaction 1 of 1 was not accepted by the chain: [^\n]*gas[^\n]*$"):
        revm.send([payer.sign(bytes(20), b"\1" * 1_000, gas=50_000).raw])


def test_send__below_the_base_fee__refused() -> None:
    pytest.importorskip("wake_rs", reason="eth-wake is not installed")
    with RevmEngine(Genesis(base_fee=7)) as engine:
        payer = Wallet.on(engine, funder_key(engine))
        payer.fees = replace(payer.fees, max_fee=6)
        with pytest.raises(ChainError, match="6 wei a gas"):
            engine.send([payer.sign(bytes(20), gas=30_000).raw])


def test_send__long_history__all_of_it_is_kept(revm: RevmEngine) -> None:
    payer = Wallet.on(revm, funder_key(revm))
    start = revm.snapshot()
    sent = [payer.sign(derive_key(1, "payee")[:20], bytes([n % 256]), 1, gas=30_000) for n in range(700)]
    receipts = revm.send([one.raw for one in sent])
    assert [revm.calldata(receipt.block_number, 0) for receipt in receipts] == [one.data for one in sent]
    assert len({block.transactions_root for block in revm.blocks(range(1, 701))}) == 700
    revm.revert(start)
    assert (revm.head(), revm.balance(FUNDER)) == (0, Genesis().balance)


def test_blocks__hashed_beside_the_chain__as_by_itself(revm: RevmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def pay(count: int) -> None:
        revm.send([payer.sign(bytes(20), value=value, gas=30_000).raw for value in range(1, count)], START)

    payer = Wallet.on(revm, funder_key(revm))
    pay(4)
    monkeypatch.setattr("fairmeter.chain.rooting.LOGS_OF_A_LONG_CHAIN", -1)
    before = revm.snapshot()
    pay(9)
    revm.revert(before)
    payer.nonce = revm.nonce(FUNDER)
    revm.mine()
    pay(6)
    found = revm.blocks(range(revm.head() + 1))
    coming = revm._rooting._coming
    assert sorted(coming) == [1, 5]
    assert all(len(roots.result()) for roots in coming.values())
    coming.clear()
    assert found == revm.blocks(range(revm.head() + 1))
    assert len({block.receipts_root for block in found}) > 1


def test_calldata__no_such_place__one_line(revm: RevmEngine) -> None:
    revm.mine()
    for place in ((0, 0), (1, 0), (2, 0), (-1, 0), (1, 1)):
        with pytest.raises(ChainError, match="has no transaction"):
            revm.calldata(*place)


def test_connect__stand_ins__leave_no_trace(revm: RevmEngine) -> None:
    assert revm.head() == 0
    assert gc.isenabled()
    assert not [name for name in sys.modules if name.partition(".")[0] == "wake"]


def test_close__large_state__let_go() -> None:
    pytest.importorskip("wake_rs", reason="eth-wake is not installed")
    peaks = []
    for _ in range(6):
        with RevmEngine() as engine:
            payer = Wallet.on(engine, funder_key(engine))
            code = b"\x61\x60\x00\x5f\xf3"
            engine.send([payer.sign(None, code + bytes(40_000), gas=GAS).raw for _ in range(400)])
        gc.collect()
        peaks.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4_096)
    # 400 contracts of 24 kB, and their transactions
    assert peaks[-1] - peaks[1] < 8_000_000


def test_capabilities__what_it_lacks__is_said_and_empty(revm: RevmEngine) -> None:
    assert not revm.capabilities.block_hashes
    assert not revm.capabilities.reads_base_fee
    block = revm.block(0)
    assert block.hash == block.parent_hash == block.state_root == b""


def test_open_engine__eth_wake_absent__says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(wake_host, "version", absent)
    with pytest.raises(ToolMissingError, match=r"pip install --no-deps eth-wake==5\.0\.0rc4"):
        open_engine("revm")
    importlib.import_module("fairmeter.chain.eth_tester").EthTesterEngine().close()


def test_open_engine__another_eth_wake__refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wake_rs")
    monkeypatch.setattr(wake_host, "version", lambda _: "5.1.0")
    with pytest.raises(ToolMissingError, match=r"needs eth-wake 5\.0\.0rc4, not 5\.1\.0"):
        open_engine("revm")
