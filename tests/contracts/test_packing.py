from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.packing import (
    EVIDENCE_DOMAIN,
    BillColumns,
    Evidence,
    evidence_leaves,
    evidence_prefix,
    evidence_salts,
    pack_bills,
    pack_missing,
    pack_readings,
    pack_verdicts,
    unpack_bills,
    unpack_mandates,
    unpack_missing,
    unpack_readings,
    unpack_verdicts,
)
from fairmeter.model import Reference, Verdicts
from fairmeter.units import MAX_AMOUNT, MAX_CAP, MAX_INT40, MAX_QUANTITY, MAX_READING, MIN_INT40

BILL_BITS = {"number": 32, "quantity": 48, "amount": 48, "start": 16, "days": 8, "replaces": 64}


@st.composite
def bills(draw: st.DrawFn) -> list[dict[str, int]]:
    one = st.fixed_dictionaries(
        {
            "number": st.integers(1, 2**32 - 1),
            "quantity": st.integers(0, MAX_QUANTITY),
            "amount": st.integers(1, MAX_AMOUNT),
            "start": st.integers(0, 2**16 - 1),
            "days": st.integers(1, 93),
            "replaces": st.integers(0, 2**63 - 1),
        }
    )
    return draw(st.lists(one, min_size=1, max_size=20))


def columns(rows: list[dict[str, int]]) -> BillColumns:
    def column(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array([row[name] for row in rows], np.int64)

    return BillColumns(
        column("number"),
        column("start").astype(np.int32),
        column("days").astype(np.int32),
        column("quantity"),
        column("amount"),
        column("replaces"),
    )


@given(bills())
def test_pack_bills__any_bill__is_the_contracts_word(rows: list[dict[str, int]]) -> None:
    words = pack_bills(columns(rows))
    for row, word in zip(rows, words, strict=True):
        expected, shift = 0, 0
        for name, bits in BILL_BITS.items():
            expected |= row[name] << shift
            shift += bits
        assert int.from_bytes(word.tobytes(), "big") == expected


@given(bills())
def test_unpack_bills__packed__come_back(rows: list[dict[str, int]]) -> None:
    packed = pack_bills(columns(rows))
    assert pack_bills(unpack_bills(packed)).tobytes() == packed.tobytes()
    assert unpack_bills(packed).quantity.tolist() == [row["quantity"] for row in rows]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.none() | st.integers(MIN_INT40, MAX_INT40),
            st.none() | st.integers(MIN_INT40, MAX_INT40),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_pack_verdicts__any_verdict__comes_back_from_12_bytes(rows: list[tuple[int, int | None, int | None]]) -> None:
    decision, actual, expected = zip(*rows, strict=True)
    verdicts = Verdicts(
        decision=np.array(decision, np.uint8),
        actual_ppm=np.array([value or 0 for value in actual], np.int64),
        expected_ppm=np.array([value or 0 for value in expected], np.int64),
        has_actual=np.array([value is not None for value in actual]),
        has_expected=np.array([value is not None for value in expected]),
        exact=np.zeros(len(rows), np.bool_),
    )
    packed = pack_verdicts(verdicts)
    back = unpack_verdicts(packed)
    assert packed.shape == (len(rows), 12)
    assert packed[:, 1].tolist() == [0] * len(rows)
    for name in ("decision", "actual_ppm", "expected_ppm", "has_actual", "has_expected"):
        assert getattr(back, name).tolist() == getattr(verdicts, name).tolist()


@st.composite
def references(draw: st.DrawFn) -> Reference:
    n = draw(st.integers(1, 6))
    days = draw(hnp.arrays(np.int32, n, elements=st.integers(1, 94)))
    width = int(days.max())
    inside = np.arange(width) < days[:, None]
    present = draw(hnp.arrays(np.bool_, (n, width))) & inside
    readings = draw(hnp.arrays(np.int64, (n, width), elements=st.integers(0, MAX_READING)))
    start = draw(hnp.arrays(np.int32, n, elements=st.integers(0, 2**16 - 1)))
    return Reference(start, days, np.where(present, readings, 0), present)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**48 - 1),  # balance
            st.integers(0, MAX_CAP),  # a bill
            st.integers(0, MAX_CAP),  # a month
            st.integers(0, MAX_CAP),  # spent
            st.integers(0, 2**12 - 1),  # month
            st.integers(0, 2**16 - 1),  # last day
            st.integers(0, 2**48 - 1),  # billed through, class, utility, flags, class since
        ),
        min_size=1,
    )
)
def test_unpack_mandates__any_account__is_the_contracts_word(rows: list[tuple[int, ...]]) -> None:
    places = (0, 48, 92, 136, 180, 192, 208)
    words = [sum(value << place for value, place in zip(row, places, strict=True)) for row in rows]
    joined = b"".join(word.to_bytes(32, "big") for word in words)
    found = unpack_mandates(np.frombuffer(joined, np.uint8).reshape(-1, 32))
    columns = (found.cap_per_bill, found.cap_per_month, found.spent, found.month, found.last_day)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [row[1:6] for row in rows]


@given(references())
def test_pack_readings__any_reference__comes_back(reference: Reference) -> None:
    width = reference.readings.shape[1]
    inside = np.arange(width) < reference.days[:, None]
    assert unpack_readings(pack_readings(reference)).tolist() == reference.readings.tolist()
    assert unpack_missing(pack_missing(reference), width).tolist() == (inside & ~reference.present).tolist()


@given(references(), st.integers(1, 2**47 - 1), st.binary(min_size=20, max_size=20))
def test_evidence_leaves__any_reference__hash_the_stated_layout(reference: Reference, batch: int, gate: bytes) -> None:
    n = len(reference)
    words = np.arange(32 * n, dtype=np.uint8).reshape(n, 32)
    keys = np.arange(n, dtype=np.uint8).repeat(32).reshape(n, 32)
    ids = (np.int64(batch) << 16) + np.arange(n)
    evidence = Evidence.of(reference, evidence_salts(keys, ids))
    leaves = evidence_leaves(evidence_prefix(31337, gate), ids, words, evidence)
    for row in range(n):
        n2 = int(reference.days[row])
        missing = sum(1 << day for day in range(n2) if not reference.present[row, day])
        salt = hmac.digest(keys[row].tobytes(), ((batch << 16) + row).to_bytes(8, "big"), hashlib.sha256)
        preimage = b"".join(
            [
                EVIDENCE_DOMAIN,
                (31337).to_bytes(8, "big"),
                gate,
                batch.to_bytes(6, "big"),
                row.to_bytes(2, "big"),
                words[row].tobytes(),
                int(reference.start[row]).to_bytes(2, "big"),
                n2.to_bytes(1, "big"),
                *(int(value).to_bytes(5, "big") for value in reference.readings[row, :n2]),
                missing.to_bytes(12, "big"),
                salt,
            ]
        )
        assert leaves[row].tobytes() == keccak256(preimage)


@pytest.mark.parametrize("n2", range(1, 95))
def test_evidence_leaves__any_length__is_no_preimage_of_a_node(n2: int) -> None:
    fixed = len(evidence_prefix(1, bytes(20))) + 8 + 32 + 2 + 1 + 12 + 32
    assert fixed + 5 * n2 != 64
