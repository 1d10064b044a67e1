"""Governance after the hand-over: nothing changes without notice, on a chain in the process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.clients import Periods
from fairmeter.contracts.deploy import NOTICE, System, deploy, hand_over_calls
from fairmeter.contracts.governance import Role
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import RevertError

DAY = 86_400
PERIODS = Periods(DAY, DAY, DAY, DAY, DAY)


class Governed:
    """A deployed system whose deployer has handed it over to a governor."""

    def __init__(self, engine: EthTesterEngine) -> None:
        self.session = Session(engine)
        self.deployer = Wallet.on(engine, funder_key(engine))
        self.governor = Wallet.on(engine, derive_key(0, "governor"))
        self.system: System = deploy(self.session, self.deployer)
        purse = Call("chain", "transfer", self.governor.address, b"", 21_000, 10**20)
        calls = hand_over_calls(self.system, self.deployer.address, self.governor.address)
        self.session.transact(self.deployer, purse, *calls)


@pytest.fixture
def governed() -> Iterator[Governed]:
    with EthTesterEngine() as engine:
        yield Governed(engine)


def test_governor__handed_over__acts_after_its_notice_only(governed: Governed) -> None:
    session, system = governed.session, governed.system
    call = system.gate.set_periods(PERIODS)
    with pytest.raises(RevertError, match="Managed_Unauthorized"):
        session.transact(governed.governor, call)
    session.transact(governed.governor, system.governance.schedule(call))
    with pytest.raises(RevertError, match="AccessManagerNotReady"):
        session.transact(governed.governor, system.governance.execute(call))
    later = session.engine.now() + NOTICE + 1
    session.transact(governed.governor, system.governance.execute(call), timestamp=later)
    assert system.gate.periods_of(2) == PERIODS


def test_deployer__handed_over__can_do_nothing(governed: Governed) -> None:
    session, system = governed.session, governed.system
    with pytest.raises(RevertError, match="Managed_Unauthorized"):
        session.transact(governed.deployer, system.gate.set_periods(PERIODS))
    grant = system.governance.grant_role(Role.GOVERNOR, governed.deployer.address, 0)
    with pytest.raises(RevertError, match="AccessManagerUnauthorizedAccount"):
        session.transact(governed.deployer, grant)


def test_governor__shortening_its_notice__has_to_give_it_first(governed: Governed) -> None:
    session, system = governed.session, governed.system
    shorter = system.governance.grant_role(Role.GOVERNOR, governed.governor.address, 0)
    with pytest.raises(RevertError, match="AccessManagerNotScheduled"):
        session.transact(governed.governor, shorter)
    session.transact(governed.governor, system.governance.schedule(shorter))
    with pytest.raises(RevertError, match="AccessManagerNotReady"):
        session.transact(governed.governor, system.governance.execute(shorter))


def test_guardian__handed_over__pauses_at_once(governed: Governed) -> None:
    session, system = governed.session, governed.system
    session.transact(governed.deployer, system.clock.pause())
    assert system.clock.is_paused()
    stands = system.clock.time()
    session.transact(governed.deployer, system.clock.resume(), timestamp=session.engine.now() + DAY)
    assert not system.clock.is_paused()
    assert system.clock.time() - stands < DAY
