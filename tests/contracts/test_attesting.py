"""What operators sign, against the gate's own reckoning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairmeter.chain.keccak import keccak256
from fairmeter.chain.merkle import merkle_root
from fairmeter.contracts.attesting import AttestationDomain, verdict_commitment
from fairmeter.contracts.deploy import System

HASHES = st.binary(min_size=32, max_size=32)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**48 - 1), HASHES, HASHES)
def test_digest__any_content__is_the_gates(
    fairmeter_system: System, batch: int, root: bytes, commitment: bytes
) -> None:
    domain = AttestationDomain(fairmeter_system.engine.chain_id, fairmeter_system.gate.address)
    on_chain = fairmeter_system.gate.read("attestationDigest", batch, root, commitment)
    assert domain.digest(batch, root, commitment) == on_chain


@pytest.mark.parametrize("count", [1, 15, 16, 17, 32, 33, 500])
def test_verdict_commitment__any_count__is_the_root_over_groups_of_sixteen(count: int) -> None:
    packed = np.random.default_rng(count).integers(0, 256, (count, 12), np.uint8)
    leaves = b"".join(keccak256(packed[at : at + 16].tobytes()) for at in range(0, count, 16))
    assert verdict_commitment(packed) == merkle_root(np.frombuffer(leaves, np.uint8).reshape(-1, 32))
