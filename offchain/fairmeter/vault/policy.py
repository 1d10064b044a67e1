"""Boolean policies over attributes, and the monotone span programs they become (Lewko and Waters 2011, appendix G).

    policy    = term {"OR" term}
    term      = factor {"AND" factor}
    factor    = attribute | "(" policy ")"
    attribute = word ["=" word]

AND binds closer than OR. An attribute stands for itself: `role = bank` and `role=bank` are one.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from fairmeter.errors import InputError

TOKEN: Final = re.compile(r"\s*(?:([()=])|([^\s()=]+))")
KEYWORDS: Final = {"AND", "OR"}
MAX_ATTRIBUTES: Final = 64
"""Of a policy: each costs a group element."""
MAX_DEPTH: Final = 64
"""Of its parentheses."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A leaf."""

    name: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Two policies, of which both or one must hold."""

    both: bool
    left: Policy
    right: Policy


Policy = Attribute | Gate


def parse(text: str) -> Policy:
    """Read a policy. Raises InputError that says where it is wrong."""
    parser = _Parser(text)
    policy = parser.policy()
    if parser.at != len(parser.tokens):
        raise InputError(f"policy {text!r}: {parser.tokens[parser.at]!r} is one too many")
    if len(rows_of(policy)) > MAX_ATTRIBUTES:
        raise InputError(f"policy {text!r} names more than {MAX_ATTRIBUTES} attributes")
    return policy


def attribute(text: str) -> str:
    """An attribute as a policy has it, without spaces. Raises InputError for what is none."""
    found = parse(text)
    if not isinstance(found, Attribute):
        raise InputError(f"{text!r} is a policy, not an attribute")
    return found.name


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self._depth = text, 0, 0
        self.tokens: list[str] = [mark or word for mark, word in TOKEN.findall(text)]

    def policy(self) -> Policy:
        found = self._term()
        while self._takes("OR"):
            found = Gate(both=False, left=found, right=self._term())
        return found

    def _term(self) -> Policy:
        found = self._factor()
        while self._takes("AND"):
            found = Gate(both=True, left=found, right=self._factor())
        return found

    def _factor(self) -> Policy:
        if not self._takes("("):
            name = self._word()
            return Attribute(f"{name}={self._word()}" if self._takes("=") else name)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InputError(f"policy {self.text[:40]!r}: parentheses are nested more than {MAX_DEPTH} deep")
        found = self.policy()
        if not self._takes(")"):
            raise InputError(f"policy {self.text!r}: a parenthesis is not closed")
        self._depth -= 1
        return found

    def _word(self) -> str:
        word = self.tokens[self.at] if self.at < len(self.tokens) else None
        if word is None or word in "()=" or word.upper() in KEYWORDS:
            raise InputError(f"policy {self.text!r}: expected an attribute, found {word or 'its end'}")
        self.at += 1
        return word

    def _takes(self, token: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at].upper() == token
        self.at += found
        return found


def rows_of(policy: Policy) -> list[tuple[str, tuple[int, ...]]]:
    """The span program: attributes, each with its row, in the order of the text; entries are -1, 0 and 1, and zeros at
    a row's end are left out. Rows of attributes that satisfy the policy span (1, 0, …, 0), and no others do."""
    rows: list[tuple[str, tuple[int, ...]]] = []
    waiting: list[tuple[Policy, tuple[int, ...]]] = [(policy, (1,))]
    width = 1
    while waiting:
        node, row = waiting.pop()
        if isinstance(node, Attribute):
            rows.append((node.name, row))
            continue
        left, right = row, row
        if node.both:
            left = (*row, *[0] * (width - len(row)), 1)
            right = (*[0] * width, -1)
            width += 1
        waiting += [(node.right, right), (node.left, left)]
    return rows


def satisfying(policy: Policy, held: AbstractSet[str]) -> list[int] | None:
    """Numbers of rows of `rows_of` that sum to (1, 0, …, 0), as few as there are, all of attributes that are held; None
    where the policy is not satisfied."""
    found, _ = _satisfying(policy, held, 0)
    return found


def _satisfying(policy: Policy, held: AbstractSet[str], first: int) -> tuple[list[int] | None, int]:
    """The rows, counted from `first`, and the number after the policy's last one."""
    if isinstance(policy, Attribute):
        return ([first] if policy.name in held else None), first + 1
    left, middle = _satisfying(policy.left, held, first)
    right, end = _satisfying(policy.right, held, middle)
    if policy.both:
        return (None if left is None or right is None else left + right), end
    ways = [way for way in (left, right) if way is not None]
    return min(ways, key=len, default=None), end
