"""The peers' contract does what it should, through calldata packed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import loop, prepare
from benchmarks.payments import Payments
from benchmarks.work import Array, Work, difference, expected
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import Wallet, funder_key
from fairmeter.errors import ToolMissingError

GAS = 12_000_000


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> tuple[Payments, Artifact]:
    folder: Path = tmp_path_factory.mktemp("contracts")
    try:
        artifact = prepare.prepare_contracts(folder)["BillPayments"]
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    return Payments.load(folder / "payments.json"), artifact


def test_settle__packed_by_hand__as_the_abi_has_it(contract: tuple[Payments, Artifact], work: Work) -> None:
    payments, artifact = contract
    for row, verdict in zip(range(20), loop.verdicts(work), strict=False):
        first = int(work.first_day[row])
        period = (first, first + int(work.days[row]) - 1)
        customer, supplier = work.customers[row].tobytes(), work.suppliers[work.supplier[row]].tobytes()
        sums = (int(work.quantity[row]), int(work.amount[row]))
        bill = (customer, *period, supplier, verdict.decision, *sums, *verdict[1:])
        assert payments.settle(work, row, verdict) == artifact.interface().encode_call("settle", row, bill)


def test_deposits__packed_by_hand__as_the_abi_has_them(contract: tuple[Payments, Artifact], work: Work) -> None:
    payments, artifact = contract
    customers = [one.tobytes() for one in work.customers[200:]]
    call = artifact.interface().encode_call("deposit", customers, work.endowment[200:].tolist())
    assert payments.deposits(work)[1] == call


def test_outcome__bills_settled_one_by_one__as_expected(
    contract: tuple[Payments, Artifact], judged: tuple[Work, Array]
) -> None:
    payments, _ = contract
    some = judged[0].take(range(40))  # type: ignore[arg-type]
    with EthTesterEngine() as engine:
        oracle = Wallet.on(engine, funder_key(engine))
        address = engine.send([oracle.sign(None, payments.bytecode, gas=GAS).raw])[0].contract_address
        assert address is not None
        settled = (payments.settle(some, row, one) for row, one in enumerate(loop.verdicts(some)))
        for data in [*payments.deposits(some), *settled]:
            assert engine.send([oracle.sign(address, data, gas=GAS).raw])[0].status
        outcome = payments.outcome(some, lambda data: engine.call(address, data))
    assert difference(expected(some, judged[1][:40]), outcome) is None
