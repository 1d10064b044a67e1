"""What the commands do that deploy an arrears register, set it up, and submit scores to it, as functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairmeter.outputs import Done, replacing

if TYPE_CHECKING:
    from fairmeter.chain.engine import Receipts
    from fairmeter.chain.wallet import Wallet
    from fairmeter.collection import CurveSettings
    from fairmeter.contracts.clients import PaymentLedger
    from fairmeter.contracts.collecting import ArrearsRegister, Curve
    from fairmeter.contracts.session import Session
    from fairmeter.model import Int64s
    from fairmeter.privacy import Custody

# Each function imports what it needs: the command line loads no chain.

SCORES_A_CALL: Final = 500
"""Four million gas."""
BILLS_A_CALL: Final = 2_000


def deploy_register(deployment: Path, rpc_url: str, out: Path) -> Done:
    """Deploy a register beside the system of a deployment's file, and write where it is. The key has to be the
    administrator's. Raises InputError where `out` is there, RevertError where it is not the administrator's."""
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.commands import check_new, connect  # noqa: PLC0415
    from fairmeter.contracts.collecting import deploy_arrears  # noqa: PLC0415
    from fairmeter.contracts.governance import Role  # noqa: PLC0415
    from fairmeter.contracts.session import Session  # noqa: PLC0415

    check_new(out)
    with connect(deployment, rpc_url) as system:
        wallet, block = Wallet.on(system.engine, funder_key(system.engine)), system.engine.head()
        # tried before anything is paid for: of a stranger's register the ledger would take no note
        system.governance.attempt(system.governance.grant_role(Role.COLLECTOR, wallet.address, 0), wallet.address)
        register = deploy_arrears(Session(system.engine), system, wallet)
        figures = {"chain_id": system.engine.chain_id, "register": "0x" + register.address.hex(), "block": block}
    with replacing(out) as part:
        part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return Done(f"a register of arrears at {figures['register']}: {out}", figures)


def set_terms(settings: Path, rpc_url: str, register: str) -> Done:
    """The governor's: what a contact costs, and bounds, for scores submitted afterwards. Raises InputError for settings
    that are wrong, RevertError where the key is not the governor's, or has to give notice."""
    from fairmeter.collection import ArrearsSettings  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    terms = read_toml(settings, ArrearsSettings).arrears
    bounds = {"incremental_days": terms.incremental_days, "max_contacts": terms.max_contacts}
    with _party(rpc_url, register) as (known, session, wallet):
        call = known.set_terms(unit_cost=terms.unit_cost, **bounds)
        known.attempt(call, wallet.address)
        session.transact(wallet, call)
    told = f"a contact costs {terms.unit_cost:,}, at most {terms.max_contacts} of a debt"
    return Done(told, {"unit_cost": terms.unit_cost, **bounds})


def begin(settings: Path, rpc_url: str, register: str, seeds: Path) -> Done:
    """An operator's: say what became known of each class, and commit to a test of its strategies where none runs. A
    test's seed is in the file `seeds` before its commitment is on chain; twice does no harm. Raises InputError for
    settings or a file that are wrong."""
    from fairmeter.collection import ArrearsSettings, Draws  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    terms = read_toml(settings, ArrearsSettings).arrears
    with _operator(rpc_url, register) as (known, session, wallet):
        draws, tests, horizons = Draws(seeds, known), {}, {}
        for number, one in enumerate(terms.classes, 1):
            arms = len(one.response) + 1
            if one.curve is not None:
                session.transact(wallet, known.submit_curve(number, _curve(one.curve, terms.mean_bill)))
            if (commitment := draws.begin(number, arms)) is not None:
                session.transact(wallet, known.commit_test(number, arms, commitment))
            tests[str(number)], horizons[str(number)] = known.test_of(number), known.horizon_of(number)
    lines = [f"class {number}: test {test} runs, horizon {horizons[number]}" for number, test in tests.items()]
    lines.append(f"their seeds, secret until the end: {seeds}")
    return Done("\n".join(lines), {"tests": tests, "horizons": horizons})


def reveal(class_: int, rpc_url: str, register: str, seeds: Path) -> Done:
    """End a class's test: from then on everybody can see who was to get which strategy. Raises InputError where the
    file `seeds` does not have it, RevertError where none runs."""
    from fairmeter.collection import Draws  # noqa: PLC0415

    with _operator(rpc_url, register) as (known, session, wallet):
        test = Draws(seeds, known).last(class_)
        session.transact(wallet, known.reveal_test(class_, test.seed, test.salt))
    figures = {"class": class_, "test": test.test, "arms": test.arms, "seed": test.seed}
    return Done(f"class {class_}: test {test.test} has ended, its seed is {test.seed}", figures)


@dataclass(slots=True)
class Submitted:
    """What `submit` did, in debts."""

    remind: int = 0
    wait: int = 0
    give_up: int = 0
    unscored: int = 0
    """In arrears, of accounts without a score or of a grade that no class has."""
    idle: int = 0
    """Scores of accounts without a debt."""

    def count(self, receipts: Receipts, register: ArrearsRegister) -> None:
        """What the register decided."""
        import numpy as np  # noqa: PLC0415

        from fairmeter.contracts.collecting import Step, unpack_told  # noqa: PLC0415
        from fairmeter.contracts.events import event_columns  # noqa: PLC0415

        told = event_columns(receipts.logs, register.address, register.interface, "ArrearsScored")
        steps = np.bincount(unpack_told(told["scores"]).step, minlength=len(Step))
        self.remind += int(steps[Step.REMIND])
        self.wait += int(steps[Step.WAIT])
        self.give_up += int(steps[Step.GIVE_UP])

    def to_json(self) -> dict[str, Any]:
        """As it is."""
        return asdict(self)

    def __str__(self) -> str:
        scored = self.remind + self.wait + self.give_up
        return (
            f"{scored:,} debts scored: {self.remind:,} to be reminded of, {self.wait:,} wait, {self.give_up:,} given up"
            f"; {self.unscored:,} debts without a score, {self.idle:,} scores without a debt"
        )


def submit(
    scores: Path, settings: Path, rpc_url: str, register: str, seeds: Path, custody: Custody, from_block: int = 0
) -> Submitted:
    """Submit the scores that `fairmeter score` wrote, of every debt that there is now, and count what the register
    decides. Twice does no harm: a debt is as it was scored last.

    The probability of repaying without a contact is 1 - that of a default; a contact multiplies the hazard as the
    settings say of the strategy that the class's test gives the account. Raises InputError for scores or settings that
    are wrong, or a class without a test; then nothing is submitted.
    """
    from fairmeter.chain.keccak import keccak256  # noqa: PLC0415
    from fairmeter.collection import ArrearsSettings, Draws, check_scores, scored  # noqa: PLC0415
    from fairmeter.contracts.clients import PaymentLedger  # noqa: PLC0415
    from fairmeter.contracts.collecting import pack_scores  # noqa: PLC0415
    from fairmeter.privacy import Kind  # noqa: PLC0415
    from fairmeter.simulation.scenario import read_toml  # noqa: PLC0415

    terms = read_toml(settings, ArrearsSettings).arrears
    graded = check_scores(custody.read(scores, Kind.SCORES), str(scores))
    hashes = keccak256(settings.read_bytes()), keccak256(scores.read_bytes())
    with _operator(rpc_url, register) as (known, session, wallet):
        ledger = PaymentLedger(known.engine, known.read("ledger"))
        bill, account = _debts(ledger, from_block)
        found = scored(graded, bill, account, terms, Draws(seeds, known).last)
        idle = len(set(graded["account"].to_list()) - set(account.tolist()))
        done = Submitted(unscored=len(bill) - len(found), idle=idle)
        words = pack_scores(found)
        for start in range(0, len(words), SCORES_A_CALL):
            call = known.submit_scores(*hashes, words[start : start + SCORES_A_CALL])
            done.count(session.transact(wallet, call), known)
    return done


def _curve(settings: CurveSettings, mean_debt: int) -> Curve:
    import numpy as np  # noqa: PLC0415

    from fairmeter.contracts.collecting import Curve  # noqa: PLC0415

    columns = (settings.day, settings.contacted, settings.natural, settings.contacts)
    return Curve(mean_debt, *(np.array(one, np.int64) for one in columns))


def _debts(ledger: PaymentLedger, from_block: int) -> tuple[Int64s, Int64s]:
    """(n,) bills that are in arrears now, and their accounts."""
    import numpy as np  # noqa: PLC0415

    account: dict[int, int] = {}
    topic = ledger.interface.topic("ArrearsOpened")
    for log in ledger.engine.logs(from_block, None, [ledger.address], [topic]):
        opened = ledger.interface.decode_log(log).arguments
        account[opened["bill"]] = opened["account"]
    bills = sorted(account)
    parts = (bills[start : start + BILLS_A_CALL] for start in range(0, len(bills), BILLS_A_CALL))
    records = [record for part in parts for record in ledger.read("readArrears", part)]
    owed = [bill for bill, record in zip(bills, records, strict=True) if record]
    return np.array(owed, np.int64), np.array([account[bill] for bill in owed], np.int64)


@contextmanager
def _party(rpc_url: str, register: str) -> Iterator[tuple[ArrearsRegister, Session, Wallet]]:
    """A register, and the wallet of FAIRMETER_PRIVATE_KEY."""
    from fairmeter.chain.opening import open_engine  # noqa: PLC0415
    from fairmeter.chain.wallet import Wallet, funder_key  # noqa: PLC0415
    from fairmeter.contracts.collecting import register_at  # noqa: PLC0415
    from fairmeter.contracts.session import Session  # noqa: PLC0415

    with open_engine("rpc", rpc_url) as engine:
        yield register_at(engine, register), Session(engine), Wallet.on(engine, funder_key(engine))


@contextmanager
def _operator(rpc_url: str, register: str) -> Iterator[tuple[ArrearsRegister, Session, Wallet]]:
    """The same, where the wallet is an operator's, and alone enough."""
    from fairmeter.contracts.collecting import check_alone  # noqa: PLC0415

    with _party(rpc_url, register) as (known, session, wallet):
        check_alone(known, wallet.address)
        yield known, session, wallet
