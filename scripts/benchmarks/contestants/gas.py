"""Gas a bill, each in whole transactions that were executed: an ERC-20's transferFrom, and UMA's assert and settle."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final, Self

from benchmarks.result import hand_over
from fairmeter.chain.abi import Interface
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.engine import Receipt
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key

BILLS: Final = 20
ETHER: Final = 10**18
LIVENESS: Final = 7_200
"""Seconds that an assertion can be disputed, UMA's default."""
IDENTIFIER: Final = b"ASSERT_TRUTH".ljust(32, b"\0")
CLAIM: Final = b"Bill 4711 of account 42, 1 to 31 January 2024, 412,000 Wh, 247.20: pay"
"""Shorter than any that a human would have to decide by."""
GAS: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract of a peer, and who calls it."""

    engine: EthTesterEngine
    wallet: Wallet
    interface: Interface
    address: bytes

    @classmethod
    def create(
        cls, engine: EthTesterEngine, wallet: Wallet, interface: Interface, bytecode: bytes, *arguments: Any
    ) -> Self:
        """Deploy it."""
        data = bytecode + (interface.encode_constructor(*arguments) if arguments else b"")
        address = _send(engine, wallet, None, data).contract_address
        assert address is not None
        return cls(engine, wallet, interface, address)

    def send(self, function: str, *arguments: Any, wallet: Wallet | None = None, at: int | None = None) -> Receipt:
        """One transaction."""
        data = self.interface.encode_call(function, *arguments)
        return _send(self.engine, wallet or self.wallet, self.address, data, at)

    def read(self, function: str, *arguments: Any) -> Any:
        """A view's answer."""
        data = self.engine.call(self.address, self.interface.encode_call(function, *arguments))
        return self.interface.decode_output(function, data)


def transfer_from(token: Artifact) -> float:
    """What the supplier's transferFrom takes a bill, from distinct customers who approved it, to a supplier who has
    been paid before."""
    with EthTesterEngine() as engine:
        supplier = Wallet.on(engine, funder_key(engine))
        coin = Contract.create(engine, supplier, token.interface(), token.bytecode)
        coin.send("mint", supplier.address, 1)
        gas = []
        for bill in range(BILLS):
            customer = Wallet(derive_key(1, f"customer {bill}"), engine.chain_id)
            engine.send([supplier.sign(customer.address, value=ETHER, gas=21_000).raw])
            coin.send("mint", customer.address, 1_000)
            coin.send("approve", supplier.address, 10_000, wallet=customer)
            gas.append(coin.send("transferFrom", customer.address, supplier.address, 100).gas_used)
        assert coin.read("balanceOf", supplier.address) == 1 + 100 * BILLS
    return mean(gas)


def uma(artifacts: Path) -> Mapping[str, float]:
    """What a bill takes through UMA's optimistic oracle, without the payment itself: assertTruth, then settleAssertion
    when nobody disputed it. `artifacts` is the folder of @uma/core's."""
    with EthTesterEngine() as engine:
        asserter = Wallet.on(engine, funder_key(engine))
        oracle, currency = _deploy_uma(engine, asserter, artifacts)
        bond = oracle.read("getMinimumBond", currency.address)
        currency.send("allocateTo", asserter.address, 2 * BILLS * bond + ETHER)
        currency.send("approve", oracle.address, 2**255)
        nobody = bytes(20)
        asserted, settled = [], []
        for bill in range(BILLS):
            claim = CLAIM + str(bill).encode()
            terms = (nobody, nobody, LIVENESS, currency.address, bond, IDENTIFIER, bytes(32))
            receipt = oracle.send("assertTruth", claim, asserter.address, *terms)
            asserted.append(receipt.gas_used)
            assertion = next(log.topics[1] for log in receipt.logs if log.address == oracle.address)
            settled.append(oracle.send("settleAssertion", assertion, at=engine.now() + LIVENESS + 1).gas_used)
            assert oracle.read("getAssertionResult", assertion) is True
    return {"assert": mean(asserted), "settle": mean(settled)}


def _deploy_uma(engine: EthTesterEngine, deployer: Wallet, folder: Path) -> tuple[Contract, Contract]:
    """The oracle and its currency, with what they look up."""

    def create(name: str, *arguments: Any) -> Contract:
        found = next(folder.rglob(f"{name}.json"))
        fields = json.loads(found.read_bytes())
        interface = Interface(name, fields["abi"], [])
        return Contract.create(engine, deployer, interface, bytes.fromhex(fields["bytecode"][2:]), *arguments)

    finder, currency = create("Finder"), create("TestnetERC20", "Coin", "COIN", 18)
    store, nobody = create("Store", (0,), (0,), bytes(20)), bytes(20)
    identifiers, collateral = create("IdentifierWhitelist"), create("AddressWhitelist")
    judge = create("MockOracleAncillary", finder.address, nobody)
    places = {"Store": store, "IdentifierWhitelist": identifiers, "CollateralWhitelist": collateral, "Oracle": judge}
    for name, contract in places.items():
        finder.send("changeImplementationAddress", name.encode().ljust(32, b"\0"), contract.address)
    identifiers.send("addSupportedIdentifier", IDENTIFIER)
    collateral.send("addToWhitelist", currency.address)
    store.send("setFinalFee", currency.address, (ETHER,))
    return create("OptimisticOracleV3", finder.address, currency.address, LIVENESS), currency


def _send(engine: EthTesterEngine, wallet: Wallet, to: bytes | None, data: bytes, at: int | None = None) -> Receipt:
    receipt = engine.send([wallet.sign(to, data, gas=GAS).raw], at)[0]
    assert receipt.status, receipt
    return receipt


def main(token: Path, uma_artifacts: Path, result: Path) -> None:
    """Measure both."""
    fields = {"transferFrom": transfer_from(Artifact.load(token)), "uma": dict(uma(uma_artifacts)), "bills": BILLS}
    hand_over(result, fields)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
