from __future__ import annotations

from benchmarks import vault


def test_medians__one_round__every_step_and_their_sum() -> None:
    found = vault.medians(1)
    asked = [time for name, time in found.items() if name.startswith(("grant:", "re-encrypt", "check"))]
    assert found["grant, re-encrypt and decrypt"] == sum(asked) > 0
    assert len(found) == len(vault.proxied()) + len(vault.by_policy()) + 1
