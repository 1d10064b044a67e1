"""Typed client of the screening rules: bounds by utility and class, and what fired."""

from __future__ import annotations

from typing import Any

from fairmeter.contracts.session import Call, Contract
from fairmeter.model import ClassRules


class ScreeningRules(Contract):
    """What bills of a class must keep to."""

    name = "ScreeningRules"

    def set_rules(self, utility: int, class_: int, rules: ClassRules, source: bytes) -> Call:
        """Governor only: the rules of batches posted from now on; `source` is the SHA-256 of what they come from."""
        return self.write("setRules", utility, class_, {**rules_fields(rules), "source": source})

    def rules_of(self, version: int, utility: int, class_: int) -> tuple[ClassRules, bytes]:
        """The rules of a version, and their source; zeros for the source of none."""
        found = dict(self.read("rulesOf", version, utility, class_))
        source = bytes(found.pop("source"))
        return ClassRules(**found), source

    def is_fired(self, bill: int) -> bool:
        """Whether a rule fired on a bill when it was judged."""
        return bool(self.read("isFired", bill))


def rules_fields(rules: ClassRules) -> dict[str, Any]:
    """As the contract has them, but for the source."""
    return {"amount": rules.amount, "shortest": rules.shortest, "longest": rules.longest, "alone": rules.alone}
