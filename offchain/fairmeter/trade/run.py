"""From a scenario to a bundle: many purchases of every kind, and what becomes of everybody's standing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import numpy as np

from fairmeter.bundle import TRADE_TABLES, BundleWriter, table_of
from fairmeter.chain.engine import Engine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.history import history_digest
from fairmeter.chain.opening import open_engine
from fairmeter.contracts.artifacts import compiler_input
from fairmeter.errors import InputError
from fairmeter.simulation.clock import Clock
from fairmeter.simulation.record import ChainRecorder
from fairmeter.simulation.result import Listener, Progress
from fairmeter.simulation.run import RESULT
from fairmeter.simulation.sealing import BUNDLE, Sealed, check_empty, peak_memory, whole_or_nothing
from fairmeter.trade.acts import Run
from fairmeter.trade.plan import BEGINS, Plan, plan
from fairmeter.trade.result import TradeResult
from fairmeter.trade.scenario import TradeScenario

ENGINES: Final = ("eth-tester", "revm", "anvil")
"""Those whose time moves: what falls due in months cannot be waited for."""


def run(
    scenario: TradeScenario, out: Path, *, engine: str = "eth-tester", listener: Listener | None = None
) -> TradeResult:
    """Play a scenario at the trade desk on `engine`, and write `out`: the bundle, run.json beside it, and anchors.json.
    The same scenario gives the same bundle, byte for byte, on every engine. Raises InputError for an `out` that is not
    empty or an engine whose time does not move, ChainError if the chain fails; then nothing is written."""
    if engine not in ENGINES:
        raise InputError(f"--engine {engine}: its time does not move, and trade waits for months: {', '.join(ENGINES)}")
    check_empty(out)
    clock, tell = Clock(), listener or _silent
    drawn, genesis = plan(scenario), Genesis(timestamp=BEGINS)
    with whole_or_nothing(out) as folder:
        with (
            open_engine(engine, None, genesis) as chain,
            BundleWriter(folder / BUNDLE, compiler_input(), tables=TRADE_TABLES) as writer,
        ):
            acting = Run(chain, drawn, scenario, ChainRecorder(writer), clock, tell)
            acting.set_up()
            acting.play()
            with clock.phase("finish"):
                writer.append("prices", table_of("prices", _prices(drawn)))
                sealed = _sealed(chain, genesis, acting)
                writer.finish(sealed.manifest(scenario.to_json(), {}, acting.sums().to_json()))
                sealed.write_anchors(folder, ())
            name, implementation = chain.name, chain.implementation
        seconds, phases = clock.read()
        figures = (acting.sums(), acting.refusals, seconds, phases, peak_memory())
        result = TradeResult(*figures, name, implementation, out / BUNDLE)
        (folder / RESULT).write_text(json.dumps(result.to_json(), indent=2) + "\n")
    return result


def _sealed(engine: Engine, genesis: Genesis, acting: Run) -> Sealed:
    operators = [wallet.address for wallet in acting.people.operators]
    history = history_digest(engine, acting.first_block, acting.last_block)
    return Sealed(engine, genesis, acting.trade.deployment, operators, acting.last_block, history)


def _prices(drawn: Plan) -> dict[str, object]:
    """Rows of the bundle's table: the prices of each category's first and only round."""
    categories, each = drawn.prices.shape
    return {
        "category": np.repeat(np.arange(1, categories + 1), each),
        "round": np.ones(categories * each, np.int64),
        "price": drawn.prices.ravel(),
    }


def _silent(_: Progress) -> None:
    pass
