from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.contracts.vaulting import Grant
from fairmeter.errors import VaultError
from fairmeter.vault import envelope
from fairmeter.vault.cipher import Place, data_key, field_key, seal, unseal
from fairmeter.vault.objects import SealedField, bound, grant_bound, join, split
from fairmeter.vault.proxies import Wrapped

SECRET = bytes(range(32))
addresses = st.binary(min_size=20, max_size=20)
numbers = st.integers(0, 2**32 - 1)
places = st.builds(
    Place, st.integers(0, 2**64), addresses, addresses, epoch=numbers, number=numbers, field=st.integers(0, 31)
)
wrapped = st.none() | st.builds(Wrapped, *[st.binary(min_size=1, max_size=8)] * 3)
GRANT = Grant(b"c" * 20, 1, 3, 2, b"g" * 20, 1_000, b"loan".ljust(32, b"\0"), b"f" * 32)


@given(plain=st.binary(max_size=300), place=places, other=places)
@settings(max_examples=60)
def test_unseal__any_other_place__does_not_open(plain: bytes, place: Place, other: Place) -> None:
    key = field_key(data_key(SECRET, place.chain_id, place.vault, place.epoch), place)
    sealed = seal(key, plain, place.bound())
    assert unseal(key, sealed, place.bound()) == plain
    for field in dataclasses.fields(Place):
        value = getattr(other, field.name)
        moved = dataclasses.replace(place, **{field.name: value})
        if moved == place:
            continue
        assert field_key(SECRET, moved) != field_key(SECRET, place)
        with pytest.raises(VaultError, match="does not open"):
            unseal(key, sealed, moved.bound())


def test_seal__the_same_twice__other_bytes() -> None:
    assert seal(SECRET, b"grade", b"") != seal(SECRET, b"grade", b"")


@given(at=st.integers(0, 32), bit=st.integers(0, 7))
def test_unseal__any_bit_flipped_or_cut__does_not_open(at: int, bit: int) -> None:
    sealed = bytearray(seal(SECRET, b"grade", b"place"))
    sealed[at] ^= 1 << bit
    for broken in (bytes(sealed), bytes(sealed[:at])):
        with pytest.raises(VaultError):
            unseal(SECRET, broken, b"place")


def test_data_key__each_epoch_and_vault__another_one() -> None:
    keys = {
        data_key(SECRET, chain, vault, epoch)
        for chain in (1, 2)
        for vault in (b"a" * 20, b"b" * 20)
        for epoch in (0, 1)
    }
    assert len(keys) == 8


@given(message=st.binary(max_size=100), told=st.binary(max_size=20))
def test_unwrap__by_another_reader_or_with_other_words__does_not_open(message: bytes, told: bytes) -> None:
    public = envelope.public_key(SECRET)
    sent = envelope.wrap(public, message, told)
    assert envelope.unwrap(SECRET, sent, told) == message
    for secret, said in ((SECRET[::-1], told), (SECRET, told + b"x")):
        with pytest.raises(VaultError, match="does not open"):
            envelope.unwrap(secret, sent, said)


@pytest.mark.parametrize("public", [bytes(32), b"short"])
def test_envelope__public_key_that_is_none__refused(public: bytes) -> None:
    with pytest.raises(VaultError, match="is none"):
        envelope.wrap(public, b"", b"")


@given(parts=st.lists(st.binary(max_size=20), max_size=5), noise=st.binary(max_size=30))
def test_split__what_join_made__and_nothing_else(parts: list[bytes], noise: bytes) -> None:
    assert split(join(parts), len(parts)) == parts
    for wrong in (join(parts) + b"\0", join(parts)[:-1], noise):
        with pytest.raises(VaultError, match="another form"):
            split(wrong, len(parts))


@given(one=wrapped, policy=st.binary(max_size=20), ciphertext=st.binary(max_size=20), other=wrapped)
def test_sealed_field__any_header__read_back_and_bound(
    one: Wrapped | None, policy: bytes, ciphertext: bytes, other: Wrapped | None
) -> None:
    sealed = SealedField(one, policy, ciphertext)
    assert SealedField.from_bytes(sealed.to_bytes()) == sealed
    place = Place(1, bytes(20), bytes(20), 0, 1, 0)
    assert (bound(place, one, policy) == bound(place, other, policy)) == (one == other)
    assert bound(place, one, policy) != bound(place, one, policy + b"x")


@pytest.mark.parametrize(
    "changed",
    [
        {"customer": b"d" * 20},
        {"epoch": 2},
        {"fields": 1},
        {"threshold": 1},
        {"grantee": b"h" * 20},
        {"until": 1_001},
        {"purpose": b"sale".ljust(32, b"\0")},
    ],
)
def test_grant_bound__any_term_changed__another(changed: dict[str, object]) -> None:
    values = {name: getattr(GRANT, name) for name in Grant.__slots__}
    other = Grant(**{**values, **changed})
    assert grant_bound(1, bytes(20), GRANT, b"p" * 20) != grant_bound(1, bytes(20), other, b"p" * 20)
