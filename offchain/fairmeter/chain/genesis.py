"""What a local chain begins with: the same block, bit for bit, on eth-tester and on anvil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FUNDER: Final = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
"""Account 0 of the mnemonic "test test test test test test test test test test test junk", known to every tool."""
FUNDER_BALANCE: Final = 10**27
"""Wei: a billion ether."""
GENESIS_TIMESTAMP: Final = 1_325_376_000
"""2012-01-01 00:00 UTC: before the oldest bill that anyone bills here, so that a chain's time can follow the bills."""
BLOCK_GAS_LIMIT: Final = 60_000_000
"""Above twice the largest transaction's (EIP-7825), so that the base fee never rises with one transaction a block."""
BASE_FEE: Final = 0
"""Wei a unit of gas, in every block: EIP-1559 leaves it there while blocks are below their target. So nobody needs
any of the chain's own money, and a run has no transfers of it."""
HARDFORK: Final = "prague"

HISTORY_ADDRESS: Final = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""Where EIP-2935 puts its contract of past block hashes. Here it holds one wei instead: anvil computes every storage
root anew for every block and would slow down with each hash that is stored, and nothing here reads them."""
DEPLOYER_ADDRESS: Final = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
DEPLOYER_CODE: Final = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b"
    "8082525050506014600cf3"
)
"""The deterministic deployment proxy (github.com/Arachnid/deterministic-deployment-proxy), which anvil always has."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account at genesis."""

    balance: int = 0
    """Wei."""
    code: bytes = b""


@dataclass(frozen=True, slots=True)
class Genesis:
    """The parameters of a local chain. Prague's rules hold from the first block on."""

    timestamp: int = GENESIS_TIMESTAMP
    """Unix seconds."""
    chain_id: int = 31_337
    gas_limit: int = BLOCK_GAS_LIMIT
    base_fee: int = BASE_FEE
    """Wei a unit of gas."""
    funder: bytes = FUNDER
    balance: int = FUNDER_BALANCE
    """The funder's, wei."""

    def accounts(self) -> Mapping[bytes, Account]:
        """The whole state of block 0 by address; nonces are 0 and storage is empty."""
        return {
            self.funder: Account(balance=self.balance),
            HISTORY_ADDRESS: Account(balance=1),
            DEPLOYER_ADDRESS: Account(code=DEPLOYER_CODE),
        }

    def to_json(self) -> dict[str, object]:
        """A genesis.json as anvil, Geth and Besu read it."""
        forks = ("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul")
        return {
            "config": {
                "chainId": self.chain_id,
                **{f"{fork}Block": 0 for fork in (*forks, "berlin", "london")},
                "terminalTotalDifficulty": 0,
                **{f"{fork}Time": 0 for fork in ("shanghai", "cancun", HARDFORK)},
            },
            "nonce": "0x0",
            "timestamp": hex(self.timestamp),
            "extraData": "0x",
            "gasLimit": hex(self.gas_limit),
            "difficulty": "0x0",
            "mixHash": f"0x{bytes(32).hex()}",
            "coinbase": f"0x{bytes(20).hex()}",
            "baseFeePerGas": hex(self.base_fee),
            "alloc": {
                f"0x{address.hex()}": {"balance": hex(account.balance), "code": f"0x{account.code.hex()}"}
                for address, account in sorted(self.accounts().items())
            },
        }
