from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import InputError
from fairmeter.vault.policy import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    Attribute,
    Gate,
    Policy,
    attribute,
    parse,
    rows_of,
    satisfying,
)

NAMES = ("role=bank", "region=Shandong", "auditor", "城市=济南", "x")
policies = st.recursive(
    st.sampled_from(NAMES).map(Attribute),
    lambda inner: st.builds(Gate, both=st.booleans(), left=inner, right=inner),
    max_leaves=12,
)
holders = st.sets(st.sampled_from(NAMES))


def holds(policy: Policy, held: set[str]) -> bool:
    """In its plainest form."""
    if isinstance(policy, Attribute):
        return policy.name in held
    sides = (holds(policy.left, held), holds(policy.right, held))
    return all(sides) if policy.both else any(sides)


def written(policy: Policy) -> str:
    """With every parenthesis."""
    if isinstance(policy, Attribute):
        return policy.name.replace("=", " = ")
    return f"({written(policy.left)} {'and' if policy.both else 'OR'} {written(policy.right)})"


def test_parse__and_before_or__as_people_read_it() -> None:
    policy = parse("role = bank AND region = Shandong OR auditor")
    bank = Gate(both=True, left=Attribute("role=bank"), right=Attribute("region=Shandong"))
    assert policy == Gate(both=False, left=bank, right=Attribute("auditor"))
    assert attribute(" role = bank ") == "role=bank"


@given(policy=policies)
def test_parse__any_policy_written_out__is_read_back(policy: Policy) -> None:
    assert parse(written(policy)) == policy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected an attribute, found its end"),
        ("role = ", "expected an attribute, found its end"),
        ("a AND OR b", "found OR"),
        ("a b", "'b' is one too many"),
        ("(a OR b", "a parenthesis is not closed"),
        ("a)", "')' is one too many"),
        ("= a", "found ="),
        ("(" * (MAX_DEPTH + 1) + "a", "nested more than"),
        (" OR ".join("a" * (MAX_ATTRIBUTES + 1)), "names more than"),
    ],
)
def test_parse__wrong_text__says_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        parse(text)


def test_attribute__policy__refused() -> None:
    with pytest.raises(InputError, match="is a policy, not an attribute"):
        attribute("a OR b")


@given(policy=policies, held=holders)
def test_satisfying__any_policy_and_attributes__rows_that_sum_to_the_first_unit(policy: Policy, held: set[str]) -> None:
    chosen, rows = satisfying(policy, held), rows_of(policy)
    assert (chosen is not None) == holds(policy, held)
    if chosen is None:
        return
    assert {rows[number][0] for number in chosen} <= held
    width = max(len(row) for _, row in rows)
    padded = [(*rows[number][1], *[0] * width)[:width] for number in chosen]
    assert [sum(column) for column in zip(*padded, strict=True)] == [1, *[0] * (width - 1)]
