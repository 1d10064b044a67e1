"""One transaction on py-evm, from the state that another engine has."""

from __future__ import annotations

from fairmeter.chain.artifact import Artifact
from fairmeter.chain.engine import Engine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet, created_address, funder_key
from fairmeter.chain.witness import Witness

GAS = 1_000_000
START = 1_400_000_000
NESTED = bytes.fromhex("3660185760075f555f5f60015f5f305af1505f5460015500" + "5b60095f555f5ffd")
"""Stores 7 in slot 0, calls itself with a byte of data, and stores in slot 1 what slot 0 has then; with data it stores
9 in slot 0 and reverts."""
CREATION = bytes.fromhex("7f") + NESTED + bytes.fromhex("5f5260205ff3")


def test_execute__on_each_engines_state__what_the_engine_then_does(engine: Engine, probe: Artifact) -> None:
    genesis = Genesis()
    witness, deployer = Witness(engine, genesis), Wallet.on(engine, funder_key(engine))
    interface, contract = probe.interface(), created_address(deployer.address, 0)
    calls: list[tuple[str, tuple[object, ...]]] = [
        *(("set", (1, 4)), ("set", (1, 9)), ("refuse", (5, 2)), ("set", (1, 0)), ("say", ("x" * 70,))),
        *(("fill", (3,)), ("clear", (2,)), ("fill", (4,))),
    ]
    creation = deployer.sign(None, probe.bytecode + interface.encode_constructor(bytes(20)), gas=GAS)
    data = [interface.encode_call(name, *arguments) for name, arguments in calls]
    signed = [creation, *(deployer.sign(contract, one, gas=GAS) for one in data)]
    for number, one in enumerate(signed, 1):
        expected = witness.execute(one.raw, number, START + number)
        assert engine.head() == number - 1
        assert engine.send([one.raw], START + number)[0] == expected
        assert expected.status == (number not in {4, 6})


def test_execute__slots_written_in_a_call_that_is_reverted__as_before_it(engine: Engine) -> None:
    deployer = Wallet.on(engine, funder_key(engine))
    witness, contract = Witness(engine, Genesis()), created_address(deployer.address, 0)
    engine.send([deployer.sign(None, CREATION, gas=GAS).raw], START)
    for number in (2, 3):
        one = deployer.sign(contract, b"", gas=GAS)
        expected = witness.execute(one.raw, number, START + number)
        assert engine.send([one.raw], START + number)[0] == expected
        assert expected.status
    assert (engine.storage(contract, 0), engine.storage(contract, 1)) == (7, 7)


def test_storage__what_was_written__read_and_nothing_changed(engine: Engine, probe: Artifact) -> None:
    deployer = Wallet.on(engine, funder_key(engine))
    contract, interface = created_address(deployer.address, 0), probe.interface()
    creation = deployer.sign(None, probe.bytecode + interface.encode_constructor(bytes(20)), gas=GAS)
    engine.send([creation.raw, deployer.sign(contract, interface.encode_call("set", 3, 77), gas=GAS).raw])
    code = engine.code(contract)
    place = keccak256((3).to_bytes(32, "big") + bytes(32))  # of key 3 in the mapping in slot 0
    assert engine.storage(contract, int.from_bytes(place, "big")) == 77
    assert engine.storage(bytes(19) + b"\x07", 0) == 0
    assert engine.code(contract) == code
