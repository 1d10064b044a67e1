"""Mandates as columns are the mandates that are signed and sent one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.clients import Mandate, mandate_domain, mandate_hash
from fairmeter.contracts.mandates import Mandates
from fairmeter.units import MAX_CAP

LEDGER = b"\x11" * 20
ROWS = st.lists(
    st.tuples(
        st.integers(0, 2**63 - 1),
        st.integers(0, MAX_CAP),
        st.integers(0, MAX_CAP),
        st.integers(0, 2**16 - 1),
        st.integers(0, 2**40 - 1),
        st.binary(min_size=65, max_size=65),
        st.booleans(),
        st.booleans(),
        st.binary(min_size=20, max_size=20),
    ),
    min_size=1,
    max_size=12,
)
Rows = list[tuple[int, int, int, int, int, bytes, bool, bool, bytes]]


def mandates_of(rows: Rows) -> Mandates:
    numbers = (np.array([row[column] for row in rows], np.int64) for column in range(5))
    account, bill, month, last_day, deadline = numbers
    agents = np.frombuffer(b"".join(row[8] for row in rows), np.uint8).reshape(-1, 20)
    shows, signed = (np.array([row[column] for row in rows], np.bool_) for column in (6, 7))
    return Mandates(account, bill, month, last_day, deadline, shows, signed, agents)


@given(ROWS)
def test_digests__any__what_each_owner_signs(rows: Rows) -> None:
    domain = mandate_domain(31_337, LEDGER)
    expected = [
        mandate_hash(domain, account, Mandate(bill, month, day, shows, signed, agent), 0, end)
        for account, bill, month, day, end, _, shows, signed, agent in rows
    ]
    assert [digest.tobytes() for digest in mandates_of(rows).digests(domain)] == expected


@given(ROWS)
def test_grant__any__as_the_abi_encodes_it(rows: Rows) -> None:
    signatures = np.frombuffer(b"".join(row[5] for row in rows), np.uint8).reshape(-1, 65)
    structs = [
        {
            "account": account,
            "mandate": {
                "capPerBill": bill,
                "capPerMonth": month,
                "lastDay": day,
                "discloseReadings": shows,
                "signedOnly": signed,
                "agent": agent,
            },
            "deadline": deadline,
            "signature": signature,
        }
        for account, bill, month, day, deadline, signature, shows, signed, agent in rows
    ]
    call = mandates_of(rows).grant(LEDGER, signatures)
    assert call.data == interface("PaymentLedger").encode_call("grantMandatesBySignature", structs)
    assert (call.to, call.label) == (LEDGER, "PaymentLedger.grantMandatesBySignature")


@given(ROWS, st.integers(0, 12), st.integers(0, 12))
def test_part__any__those_mandates(rows: Rows, start: int, stop: int) -> None:
    part = mandates_of(rows).part(slice(start, stop))
    assert part.account.tolist() == [row[0] for row in rows[start:stop]]
    assert part.deadline.tolist() == [row[4] for row in rows[start:stop]]
    assert [agent.tobytes() for agent in part.agent] == [row[8] for row in rows[start:stop]]
