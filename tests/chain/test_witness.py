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


def test_execute__on_each_engines_state__what_the_engine_then_does(engine: Engine, probe: Artifact) -> None:
    genesis = Genesis()
    witness, deployer = Witness(engine, genesis), Wallet.on(engine, funder_key(engine))
    interface, contract = probe.interface(), created_address(deployer.address, 0)
    calls = [("set", (1, 4)), ("set", (1, 9)), ("refuse", (5, 2)), ("set", (1, 0)), ("say", ("x" * 70,))]
    creation = deployer.sign(None, probe.bytecode + interface.encode_constructor(bytes(20)), gas=GAS)
    data = [interface.encode_call(name, *arguments) for name, arguments in calls]
    signed = [creation, *(deployer.sign(contract, one, gas=GAS) for one in data)]
    for number, one in enumerate(signed, 1):
        expected = witness.execute(one.raw, number, START + number)
        assert engine.head() == number - 1
        assert engine.send([one.raw], START + number)[0] == expected
        assert expected.status == (number not in {4, 6})


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
