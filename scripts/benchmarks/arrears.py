"""Many bills in arrears scored, decided and submitted on the fast engine: gas a debt, debts a second, and whether each
decision is the one computed off the chain.

    PYTHONPATH=scripts python -m benchmarks.arrears --debts 1000000
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.progress import Progress

from fairmeter.arrears.strategy import decide, horizon, return_on_contacts
from fairmeter.chain.revm import RevmEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.collecting import (
    ArrearsRegister,
    Curve,
    Scores,
    Step,
    deploy_arrears,
    pack_scores,
    unpack_told,
)
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.model import Int64s, Tariff, TariffBlock, Utility
from fairmeter.units import MAX_QUANTITY, PPM, Money

BATCH: Final = 500
"""Bills a batch."""
SCORES: Final = 2_000
"""Debts a transaction: what its gas may carry."""
UNIT_COST: Final = 50
PRICE: Final = 60
"""Minor units per 1,000 Wh."""
PAY: Final = b"\x01" + bytes(11)
DAY: Final = 86_400


def main() -> None:
    """Prints what was measured, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debts", type=int, default=100_000, help="a multiple of 500")
    debts: int = parser.parse_args().debts
    console = Console(stderr=True)
    with RevmEngine() as engine, Progress(console=console) as progress:
        session = Session(engine)
        bank = Wallet.on(engine, funder_key(engine))
        system = deploy(session, bank)
        register = deploy_arrears(session, system, bank)
        operator = Wallet.on(engine, derive_key(0, "operator"))
        session.transact(bank, *system.name_operator(bank.address, operator.address))
        bill, owed = _arrears(session, system, operator, debts, progress)
        measured = _score(session, register, operator, bill, owed, progress)
        totals = system.ledger.totals()
    given_up = int(owed[measured.pop("given_up")].sum())
    assert totals.given_up == given_up
    assert totals.arrears == owed.sum()
    Console().print_json(json.dumps({"debts": debts, **measured, "owed": int(owed.sum()), "given up": given_up}))


def _arrears(
    session: Session, system: System, operator: Wallet, debts: int, progress: Progress
) -> tuple[Int64s, Int64s]:
    """Bills that no balance covers, and what is owed of each."""
    ledger, supplier = system.ledger, Wallet.on(session.engine, derive_key(0, "supplier"))
    tariff = Tariff("supplier", Utility.ELECTRICITY, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(PRICE)),))
    session.transact(supplier, ledger.register_supplier("supplier"), ledger.set_tariff(1, tariff))
    owed = np.random.default_rng(1).integers(1, 2_000, debts) * PRICE
    day = session.engine.now() // DAY
    verdicts = np.frombuffer(PAY * BATCH, np.uint8).reshape(BATCH, 12)
    half = BATCH // 2
    ones, electricity = np.ones(half, np.int64), np.full(half, int(Utility.ELECTRICITY))
    task = progress.add_task("arrears", total=debts)
    for batch in range(debts // BATCH):
        amount = owed[batch * BATCH : (batch + 1) * BATCH]
        words = pack_bills(
            BillColumns(
                number=np.arange(batch * BATCH + 1, (batch + 1) * BATCH + 1),
                start=np.full(BATCH, day - 40, np.int32),
                days=np.full(BATCH, 30, np.int32),
                quantity=amount // PRICE * 1_000,
                amount=amount,
                replaces=np.zeros(BATCH, np.int64),
            )
        )
        opened = ledger.open_accounts(ones, electricity, [supplier.address] * half)
        session.transact(supplier, opened, opened, ledger.post_bills(1, int(Utility.ELECTRICITY), words))
        session.transact(operator, system.gate.submit_verdicts(batch + 1, bytes(32), words, verdicts))
        progress.advance(task, BATCH)
    place = np.arange(debts)
    return (place // BATCH + 1 << 16) + place % BATCH, owed


def _score(
    session: Session, register: ArrearsRegister, operator: Wallet, bill: Int64s, owed: Int64s, progress: Progress
) -> dict[str, Any]:
    """Scores all debts, and compares each decision; with the rows that were given up."""
    rng, debts = np.random.default_rng(2), len(bill)
    probability, natural = (rng.integers(0, PPM // 10, debts) for _ in range(2))
    scores = Scores(bill, probability, natural, np.ones(debts, np.int64), rng.integers(0, 4, debts))
    last = _horizon(session, register, operator)
    costs, ages, horizons = (np.full(debts, value) for value in (UNIT_COST, last + 1, last))
    expected = decide(probability, costs, owed, ages, horizons, scores.strategy > 0)
    clock: int | None = session.engine.now() + (last + 1) * DAY
    gas, step, seconds, task = 0, [], 0.0, progress.add_task("scored", total=debts)
    for begin in range(0, debts, SCORES):
        began = time.perf_counter()
        words = pack_scores(Scores(*(getattr(scores, name)[begin : begin + SCORES] for name in Scores.__slots__)))
        call = register.submit_scores(bytes(32), bytes(32), words)
        receipts = session.transact(operator, call, timestamp=clock)
        seconds, clock = seconds + time.perf_counter() - began, None
        gas += int(receipts.gas_used.sum())
        told = event_columns(receipts.logs, register.address, register.interface, "ArrearsScored")["scores"]
        step.append(unpack_told(told).step)
        progress.advance(task, SCORES)
    decided = np.concatenate(step)
    assert (decided == expected).all()
    return {
        "gas a debt": round(gas / debts, 1),
        "transactions": len(step),
        "seconds": round(seconds, 1),
        "reminded, waiting, given up": np.bincount(decided, minlength=4)[1:].tolist(),
        "given_up": decided == Step.GIVE_UP,
    }


def _horizon(session: Session, register: ArrearsRegister, operator: Wallet) -> int:
    """That of the debts' class, after it was submitted: the one computed off the chain."""
    curve = Curve(60_000, np.array([30, 60]), np.array([1_000, 2_000]), np.array([500, 1_950]), np.array([PPM, PPM]))
    session.transact(operator, register.submit_curve(1, curve))
    roi = return_on_contacts(curve.contacted, curve.natural, curve.mean_debt, curve.contacts, UNIT_COST)
    last = horizon(curve.day, roi)
    assert register.horizon_of(1) == last
    return last


if __name__ == "__main__":
    main()
