from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pymcl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from fairmeter.errors import VaultError
from fairmeter.vault import fabeo
from fairmeter.vault.fabeo import AttributeKey, Encapsulated
from fairmeter.vault.policy import parse, rows_of, satisfying

NAMES = ("role=bank", "region=Shandong", "auditor", "year=2016")
SECRET = bytes(range(32))
PARAMETERS = fabeo.parameters_of(SECRET)
BANK = "role = bank AND region = Shandong OR auditor"
leaves = st.sampled_from(NAMES)
texts = st.recursive(
    leaves, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner), max_leaves=6
)
holders = st.sets(leaves, min_size=1)


def _python(text: str, held: set[str]) -> bool:
    """What the policy says, by Python's own evaluation."""
    for name in NAMES:
        text = text.replace(name, str(name in held))
    return bool(eval(text.replace("AND", "and").replace("OR", "or")))


@given(text=texts, held=holders)
@settings(max_examples=30)
def test_decapsulate__any_policy_and_attributes__iff_satisfied(text: str, held: set[str]) -> None:
    made, key = fabeo.encapsulate(PARAMETERS, text, 1)
    mine = AttributeKey.from_bytes(fabeo.key_of(SECRET, held, 1).to_bytes())
    stored = Encapsulated.from_bytes(made.to_bytes())
    if _python(text, held):
        assert fabeo.decapsulate(stored, mine) == key
    else:
        with pytest.raises(VaultError, match="do not satisfy"):
            fabeo.decapsulate(stored, mine)


@given(text=texts, held=holders)
@settings(max_examples=15)
def test_decapsulate__attributes_claimed_that_the_key_has_not__another_key(text: str, held: set[str]) -> None:
    made, key = fabeo.encapsulate(PARAMETERS, text, 1)
    mine = fabeo.key_of(SECRET, held, 1)
    claimed = tuple((name, dict(mine.attributes).get(name, mine.attributes[0][1])) for name in NAMES)
    opened = fabeo.decapsulate(made, dataclasses.replace(mine, attributes=claimed))
    chosen = satisfying(parse(text), set(NAMES)) or []
    used = {rows_of(parse(text))[row][0] for row in chosen}
    assert (opened == key) == (used <= held)


@pytest.mark.parametrize(("text", "times"), [("auditor", 1), ("x AND y OR x AND z OR x", 3)])
def test_encapsulate__attribute_that_comes_again__masked_anew_each_time(text: str, times: int) -> None:
    made, key = fabeo.encapsulate(PARAMETERS, text, 1)
    assert len(set(made.second)) == times, "one mask for two rows of an attribute would show their difference"
    assert fabeo.decapsulate(made, fabeo.key_of(SECRET, ["x", "z", "auditor"], 1)) == key


@pytest.mark.parametrize("wrong", ["epoch", "authority"])
def test_decapsulate__key_of_another_epoch_or_authority__another_key(wrong: str) -> None:
    made, key = fabeo.encapsulate(PARAMETERS, BANK, 2)
    right = fabeo.key_of(SECRET, ["auditor"], 2)
    other = fabeo.key_of(SECRET, ["auditor"], 1) if wrong == "epoch" else fabeo.key_of(SECRET[::-1], ["auditor"], 2)
    assert fabeo.decapsulate(made, right) == key
    assert fabeo.decapsulate(made, other) != key


def _pooled(first: AttributeKey, second: AttributeKey) -> AttributeKey:
    return dataclasses.replace(first, attributes=first.attributes + second.attributes)


def test_keys__pooled_by_two_holders__open_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    made, key = fabeo.encapsulate(PARAMETERS, "role = bank AND region = Shandong", 1)
    with monkeypatch.context() as weakened:
        weakened.setattr(fabeo, "_random", lambda: pymcl.Fr("7"))
        pair = [fabeo.key_of(SECRET, [name], 1) for name in ("role=bank", "region=Shandong")]
        assert fabeo.decapsulate(made, _pooled(*pair)) == key, "keys of one r are one holder's"

    pair = [fabeo.key_of(SECRET, [name], 1) for name in ("role=bank", "region=Shandong")]
    for first, second in (pair, pair[::-1]):
        pooled = _pooled(first, second)
        for last in (first.last, second.last):
            assert fabeo.decapsulate(made, dataclasses.replace(pooled, last=last)) != key
    assert fabeo.decapsulate(made, fabeo.key_of(SECRET, ["role=bank", "region=Shandong"], 1)) == key


def _coordinates(point: Any) -> bytes:
    """Affine, big-endian."""
    return b"".join(int(number).to_bytes(48, "big") for number in str(point).split()[1:])


def _first(data: bytes) -> G1Point:
    return G1Point.from_xy_bytes_be(_coordinates(pymcl.G1.deserialize(data)))


def _second(data: bytes) -> G2Point:
    return G2Point.from_xy_bytes_be(_coordinates(pymcl.G2.deserialize(data)))


def _sum(points: Sequence[G1Point]) -> G1Point:
    return sum(points[1:], start=points[0])


@pytest.mark.parametrize("held", [["role=bank", "region=Shandong"], ["auditor"], ["role=bank", "year=2016"]])
@pytest.mark.parametrize("text", [BANK, "(role = bank OR auditor) AND (region = Shandong AND role = bank OR auditor)"])
def test_decapsulate__by_another_pairing_library__the_same_equation(
    text: str, held: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    draw = fabeo._random

    def noted() -> Any:
        drawn.append(draw())
        return drawn[-1]

    monkeypatch.setattr(fabeo, "_random", noted)
    made, _ = fabeo.encapsulate(PARAMETERS, text, 1)
    secret = Scalar.from_le_bytes((fabeo._master(SECRET) * drawn[0]).serialize())
    expected = GT.pairing(G1Point() * secret, G2Point())
    key = fabeo.key_of(SECRET, held, 1)
    chosen = satisfying(parse(text), set(held))
    if chosen is None:
        return
    names, points = [name for name, _ in rows_of(parse(text))], dict(key.attributes)
    places = fabeo._occurrences(names)
    pairs = [(_first(key.first), _second(made.first))]
    for place in {places[row] for row in chosen}:
        of_place = [_first(points[names[row]]) for row in chosen if places[row] == place]
        pairs.append((_sum(of_place), _second(made.second[place])))
    pairs.append((-_sum([_first(made.third[row]) for row in chosen]), _second(key.last)))
    assert GT.multi_pairing([one for one, _ in pairs], [two for _, two in pairs]) == expected
    wrong = [*pairs[:-1], (-pairs[-1][0], pairs[-1][1])]
    assert GT.multi_pairing([one for one, _ in wrong], [two for _, two in wrong]) != expected


@pytest.mark.parametrize("cut", [4, 20, -1])
def test_from_bytes__another_form__said_in_one_line(cut: int) -> None:
    made, _ = fabeo.encapsulate(PARAMETERS, BANK, 1)
    key = fabeo.key_of(SECRET, ["auditor"], 1)
    for kind, data in ((Encapsulated, made.to_bytes()), (AttributeKey, key.to_bytes())):
        with pytest.raises(VaultError):
            kind.from_bytes(data[:cut])


def test_decapsulate__point_off_the_curve__said_in_one_line() -> None:
    made, _ = fabeo.encapsulate(PARAMETERS, BANK, 1)
    key = fabeo.key_of(SECRET, ["auditor"], 1)
    with pytest.raises(VaultError, match="is none"):
        fabeo.decapsulate(dataclasses.replace(made, first=b"\xff" * 96), key)
