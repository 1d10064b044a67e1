"""What every engine has to do, and that engines do the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.engine import Block, Engine, Receipt, SignedTransaction, block_times
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.genesis import FUNDER, Genesis
from fairmeter.chain.history import history_digest
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, created_address, derive_key, funder_key
from fairmeter.errors import ChainError, RevertError

START = 1_350_000_000
GAS = 3_000_000


def deployed(engine: Engine, probe: Artifact) -> tuple[Wallet, bytes]:
    deployer = Wallet.on(engine, funder_key(engine))
    (receipt,) = engine.send([creation(deployer, probe).raw], START)
    assert receipt.contract_address is not None
    return deployer, receipt.contract_address


def creation(deployer: Wallet, probe: Artifact) -> SignedTransaction:
    return deployer.sign(None, probe.bytecode + probe.interface().encode_constructor(deployer.address), gas=GAS)


def same_whichever_evm(block: Block) -> Block:
    return replace(block, hash=b"", parent_hash=b"", state_root=b"")


def test_send__deployment__code_and_immutable(engine: Engine, probe: Artifact) -> None:
    deployer, contract = deployed(engine, probe)
    interface = probe.interface()
    assert contract == created_address(deployer.address, 0)
    assert len(engine.code(contract)) == len(probe.deployed_bytecode)
    assert interface.decode_output("owner", engine.call(contract, interface.encode_call("owner"))) == deployer.address


def test_send__several__a_block_each_a_second_apart(engine: Engine, probe: Artifact) -> None:
    deployer, contract = deployed(engine, probe)
    data = probe.interface().encode_call("set", 1, 2)
    receipts = engine.send([deployer.sign(contract, data, gas=GAS).raw for _ in range(40)], START + 100)
    assert [receipt.block_number for receipt in receipts] == list(range(2, 42))
    assert [receipt.timestamp for receipt in receipts] == list(range(START + 100, START + 140))
    assert [engine.block(n).timestamp for n in range(2, 42)] == [receipt.timestamp for receipt in receipts]
    assert (engine.head(), engine.now()) == (41, START + 139)


def test_send__time_already_past__next_second(engine: Engine, probe: Artifact) -> None:
    deployer, contract = deployed(engine, probe)
    (receipt,) = engine.send([deployer.sign(contract, b"", gas=GAS).raw], START - 5)
    assert receipt.timestamp == START + 1


def test_send__nothing__nothing(engine: Engine) -> None:
    assert len(engine.send([])) == 0
    assert engine.head() == 0


@pytest.mark.parametrize(
    ("call", "arguments", "error", "values"),
    [
        ("refuse", (7, 3), "Refused", {"by": FUNDER, "value": 7, "level": 3}),
        ("say", ("not today",), "Error", {"message": "not today"}),
        ("within", (START - 1,), "Late", {"at": START + 1, "deadline": START - 1}),
        ("burn", (), "no reason given", {}),
    ],
)
def test_send__reverted__named_by_its_data(
    engine: Engine, probe: Artifact, call: str, arguments: Sequence[object], error: str, values: dict[str, object]
) -> None:
    deployer, contract = deployed(engine, probe)
    interface = probe.interface()
    (receipt,) = engine.send([deployer.sign(contract, interface.encode_call(call, *arguments), gas=GAS).raw])
    assert not receipt.status
    assert receipt.logs == ()
    refused = interface.decode_error(receipt.revert_data, "the probe")
    assert (refused.error, refused.arguments) == (error, values)


def test_call__reverted__raises_with_data(engine: Engine, probe: Artifact) -> None:
    _, contract = deployed(engine, probe)
    interface = probe.interface()
    payer = Wallet(derive_key(1, "payer"), engine.chain_id)
    with pytest.raises(RevertError) as caught:
        engine.call(contract, interface.encode_call("refuse", 1, 2), payer.address)
    assert interface.decode_error(caught.value.data, "it").arguments["by"] == payer.address


def test_call__context__of_the_newest_block(engine: Engine, probe: Artifact) -> None:
    _, contract = deployed(engine, probe)
    interface = probe.interface()
    assert interface.decode_output("context", engine.call(contract, interface.encode_call("context"))) == {
        "chainId": engine.chain_id,
        "number": engine.head(),
        "timestamp": engine.now(),
        "gasLimit": Genesis().gas_limit,
        "baseFee": Genesis().base_fee if engine.capabilities.reads_base_fee else 0,
        "coinbase": bytes(20),
        "sender": bytes(20),
    }


def test_send_signed__several__the_columns_of_what_send_gives(engine: Engine, probe: Artifact) -> None:
    deployer = Wallet.on(engine, funder_key(engine))
    contract = created_address(deployer.address, 0)
    calls = [("set", (slot, slot)) for slot in range(3)] + [("refuse", (1, 2)), ("say", ("x" * 70,))]
    data = [probe.interface().encode_call(name, *arguments) for name, arguments in calls]
    signed = [creation(deployer, probe), *(deployer.sign(contract, one, gas=GAS) for one in data)]
    start = engine.snapshot()
    expected = engine.send([one.raw for one in signed], START)
    engine.revert(start)
    receipts = engine.send_signed(signed, START)
    assert list(receipts) == list(expected)
    assert receipts.gas_used.tolist() == [receipt.gas_used for receipt in expected]
    assert receipts.logs.equals(expected.logs)
    assert engine.logs(0) == [log for receipt in expected for log in receipt.logs]


def test_logs__filters__by_block_address_and_topic(engine: Engine, probe: Artifact) -> None:
    deployer, contract = deployed(engine, probe)
    interface = probe.interface()
    calls = [interface.encode_call("set", slot, slot * slot) for slot in (3, 4)]
    receipts = engine.send([deployer.sign(contract, data, gas=GAS).raw for data in calls])
    every = [log for receipt in receipts for log in receipt.logs]
    assert engine.logs(0) == every
    assert engine.logs(3) == list(receipts[1].logs)
    assert engine.logs(0, 2, [contract], [interface.topic("Set")]) == [every[0]]
    assert engine.logs(0, addresses=[deployer.address]) == []
    event = interface.decode_log(every[2])
    assert (event.name, event.arguments) == ("Set", {"by": deployer.address, "slot": 4, "value": 16})


def test_mine__at_a_time__empty_block(engine: Engine) -> None:
    block = engine.mine(START)
    assert (block.number, block.timestamp, block.gas_used, block.base_fee) == (1, START, 0, Genesis().base_fee)
    assert engine.mine().timestamp == START + 1


def test_block__beyond_the_head__one_line(engine: Engine) -> None:
    with pytest.raises(ChainError, match=rf"^{engine.name} has no block 1: the newest is 0$"):
        engine.block(1)


def test_revert__snapshot__as_it_was(engine: Engine, probe: Artifact) -> None:
    deployer, contract = deployed(engine, probe)
    interface = probe.interface()
    before, head, snapshot = history_digest(engine, 0, engine.head()), engine.head(), engine.snapshot()
    change = deployer.sign(contract, interface.encode_call("set", 1, 5), gas=GAS)
    first = engine.send([change.raw])
    engine.mine(START + 1_000_000)
    engine.revert(snapshot)
    assert (engine.head(), history_digest(engine, 0, head), engine.logs(0)) == (head, before, [])
    assert interface.decode_output("values", engine.call(contract, interface.encode_call("values", 1))) == 0
    assert engine.send([change.raw]) == first


def test_revert__unknown_snapshot__one_line(engine: Engine) -> None:
    with pytest.raises(ChainError, match="has no snapshot"):
        engine.revert(b"\x00" * 32 if engine.name == "eth-tester" else b"0x77")


def unfunded(deployer: Wallet, contract: bytes) -> SignedTransaction:
    return Wallet(derive_key(1, "penniless"), deployer.chain_id).sign(contract, value=1, gas=30_000)


def from_the_future(deployer: Wallet, contract: bytes) -> SignedTransaction:
    return Wallet(FUNDER_KEY, deployer.chain_id, deployer.nonce + 3).sign(contract, gas=30_000)


def from_another_chain(deployer: Wallet, contract: bytes) -> SignedTransaction:
    return Wallet(FUNDER_KEY, 1, deployer.nonce).sign(contract, gas=30_000)


@pytest.mark.parametrize("wrong", [unfunded, from_the_future, from_another_chain])
def test_send__one_not_acceptable__those_before_it_stay(engine: Engine, probe: Artifact, wrong: object) -> None:
    deployer, contract = deployed(engine, probe)
    data = probe.interface().encode_call("set", 1, 1)
    good = deployer.sign(contract, data, gas=GAS)
    assert callable(wrong)
    bad = wrong(deployer, contract)
    later = deployer.sign(contract, data, gas=GAS)
    with pytest.raises(ChainError, match=r"^transaction 2 of 3 was not accepted by the chain: [^\n]+$"):
        engine.send([good.raw, bad.raw, later.raw], START + 10)
    assert (engine.head(), engine.now(), engine.nonce(deployer.address)) == (2, START + 10, 2)
    (receipt,) = engine.send([later.raw])
    assert (receipt.status, receipt.block_number, receipt.timestamp) == (True, 3, START + 11)


def test_send__garbage__one_line(engine: Engine) -> None:
    with pytest.raises(ChainError, match=r"^transaction 1 of 1 was not accepted by the chain: [^\n]+$"):
        engine.send([b"\x02garbage"])
    assert engine.head() == 0


def test_close__twice__no_harm(engine: Engine) -> None:
    engine.close()
    engine.close()


@pytest.fixture
def both(anvil: AnvilEngine) -> tuple[EthTesterEngine, AnvilEngine]:
    return EthTesterEngine(), anvil


def test_genesis__both_engines__same_block_hash(both: tuple[EthTesterEngine, AnvilEngine]) -> None:
    tester, anvil = both
    assert tester.block(0) == anvil.block(0)


def payer_of(engine: Engine) -> Wallet:
    return Wallet(derive_key(7, "payer"), engine.chain_id)


def run(engine: Engine, probe: Artifact, moves: Sequence[tuple[str, tuple[object, ...], int]]) -> list[Receipt]:
    """Moves of two wallets on the probe, the second funded by the first in the same list."""
    deployer = Wallet.on(engine, funder_key(engine))
    payer = payer_of(engine)
    contract = created_address(deployer.address, 0)
    signed = [creation(deployer, probe), deployer.sign(payer.address, value=10**18, gas=21_000)]
    for index, (name, arguments, gas) in enumerate(moves):
        data = probe.interface().encode_call(name, *arguments)
        signed.append((payer, deployer)[index % 2].sign(contract, data, gas=gas))
    return list(engine.send([one.raw for one in signed], START))


MOVES = st.one_of(
    st.tuples(st.just("set"), st.tuples(st.integers(0, 4), st.sampled_from([0, 1, 2**255])), st.just(GAS)),
    st.tuples(st.just("set"), st.tuples(st.integers(0, 4), st.integers(0, 9)), st.integers(25_000, 60_000)),
    st.tuples(st.sampled_from(["fill", "clear"]), st.tuples(st.integers(0, 12)), st.just(GAS)),
    st.tuples(st.just("say"), st.tuples(st.text(max_size=80)), st.just(GAS)),
    st.tuples(st.just("refuse"), st.tuples(st.integers(0, 2**256 - 1), st.integers(0, 255)), st.just(GAS)),
    st.tuples(st.sampled_from(["record", "burn"]), st.just(()), st.just(200_000)),
    st.tuples(st.just("within"), st.tuples(st.integers(START, START + 30)), st.just(GAS)),
)


@pytest.fixture(params=["revm", "anvil"])
def other(request: pytest.FixtureRequest) -> Engine:
    """Each engine but the default."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVES, max_size=40))
def test_send__same_transactions__same_receipts_on_every_engine(
    other: Engine, probe: Artifact, moves: list[tuple[str, tuple[object, ...], int]]
) -> None:
    # its event shows the base fee
    shown = [move for move in moves if move[0] != "record" or other.capabilities.reads_base_fee]
    tester = EthTesterEngine()
    snapshot = other.snapshot()
    try:
        assert run(other, probe, shown) == run(tester, probe, shown)
        compare(other, tester)
    finally:
        other.revert(snapshot)


def compare(other: Engine, tester: Engine) -> None:
    """Logs, blocks, digest and the accounts that `run` touches."""
    assert other.logs(0) == tester.logs(0)
    every = range(tester.head() + 1)
    assert list(map(same_whichever_evm, other.blocks(every))) == list(map(same_whichever_evm, tester.blocks(every)))
    assert history_digest(other, 0, every[-1]) == history_digest(tester, 0, every[-1])
    for address in (FUNDER, payer_of(tester).address, bytes(20), created_address(FUNDER, 0)):
        assert (other.balance(address), other.nonce(address), other.code(address)) == (
            tester.balance(address),
            tester.nonce(address),
            tester.code(address),
        )


def test_history_digest__one_second_later__another(probe: Artifact) -> None:
    digests = set()
    for pause in (0, 0, 1):
        engine = EthTesterEngine()
        run(engine, probe, [])
        engine.mine(START + 100 + pause)
        digests.add(history_digest(engine, 0, engine.head()))
    assert len(digests) == 2


def test_send__two_runs_on_eth_tester__same_block_hashes(probe: Artifact) -> None:
    moves = [("set", (1, 2), GAS), ("refuse", (1, 2), GAS), ("record", (), GAS)]
    hashes = []
    for _ in range(2):
        engine = EthTesterEngine()
        run(engine, probe, moves)
        hashes.append([block.hash for block in engine.blocks(range(engine.head() + 1))])
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 6


@given(now=st.integers(0, 2**40), count=st.integers(0, 50), timestamp=st.none() | st.integers(0, 2**40))
def test_block_times__any__later_than_now_and_a_second_apart(now: int, count: int, timestamp: int | None) -> None:
    times = list(block_times(now, count, timestamp))
    assert times == [times[0] + i for i in range(count)] if times else count == 0
    assert all(time > now for time in times)
    if timestamp is not None and timestamp > now and times:
        assert times[0] == timestamp
