"""What a grant costs in computing, without the chain: granted, re-encrypted by 2 of 3 proxies, and 4 KiB decrypted.

python scripts/benchmarks/vault.py [ROUNDS]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

from fairmeter.vault import envelope, fabeo, proxies
from fairmeter.vault.cipher import Place, data_key, derived, field_key, seal, unseal
from fairmeter.vault.objects import bound

SIZE: Final = 4_096
THRESHOLD: Final = 2
PROXIES: Final = 3
ROUNDS: Final = 200
POLICY: Final = "role = bank AND region = Shandong OR auditor"
PLACE: Final = Place(1, bytes(20), bytes(20), 0, 1, 0)


def proxied() -> dict[str, Callable[[], object]]:
    """The steps of a grant of one field, each on what the one before it gave."""
    secret, other = bytes(range(32)), bytes(range(32, 64))
    of_epoch = data_key(secret, 1, bytes(20), 0)
    delegating, plain = derived(of_epoch, "delegating key"), bytes(SIZE)
    key, receiving = field_key(of_epoch, PLACE), proxies.public_key(other)
    wrapped = proxies.wrap(delegating, key)
    sealed = seal(key, plain, bound(PLACE, wrapped, b""))
    parties = proxies.Parties(wrapped.delegating, proxies.public_key(secret), receiving)
    to_proxy = envelope.public_key(other)
    made = proxies.fragments(delegating, secret, receiving, THRESHOLD, PROXIES)
    answers = [proxies.reencrypt(wrapped.capsule, fragment, parties) for fragment in made[:THRESHOLD]]

    def grant() -> list[bytes]:
        fresh = proxies.fragments(delegating, secret, receiving, THRESHOLD, PROXIES)
        return [envelope.wrap(to_proxy, fragment, b"") for fragment in fresh]

    def reencrypt() -> list[bytes]:
        return [proxies.reencrypt(wrapped.capsule, fragment, parties) for fragment in made[:THRESHOLD]]

    def decrypt() -> None:
        opened = proxies.unwrap(other, wrapped, parties, answers, THRESHOLD)
        assert unseal(opened, sealed, bound(PLACE, wrapped, b"")) == plain

    return {
        "seal 4 KiB": lambda: seal(field_key(of_epoch, PLACE), plain, bound(PLACE, wrapped, b"")),
        "wrap its key for the proxies": lambda: proxies.wrap(delegating, key),
        "grant: fragments for 3 proxies, sealed": grant,
        "re-encrypt by 2 of them": reencrypt,
        "check both answers and decrypt 4 KiB": decrypt,
    }


def by_policy() -> dict[str, Callable[[], object]]:
    """The same under a policy of three attributes."""
    secret = bytes(range(32))
    parameters = fabeo.parameters_of(secret)
    made, _ = fabeo.encapsulate(parameters, POLICY, 1)
    key = fabeo.key_of(secret, ["role=bank", "region=Shandong"], 1)
    return {
        "issue a key of 2 attributes": lambda: fabeo.key_of(secret, ["role=bank", "region=Shandong"], 1),
        "encrypt a key under a policy of 3": lambda: fabeo.encapsulate(parameters, POLICY, 1),
        "decrypt it by 2 attributes": lambda: fabeo.decapsulate(made, key),
    }


def medians(rounds: int) -> dict[str, float]:
    """Milliseconds of processor time a step, the steps taken in turn."""
    steps = {**proxied(), **by_policy()}
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds + 1):
        for name, step in steps.items():
            began = time.process_time()
            step()
            taken[name].append(time.process_time() - began)
    found = {name: 1_000 * statistics.median(times[1:]) for name, times in taken.items()}
    asked = [name for name in found if name.startswith(("grant", "re-encrypt", "check"))]
    return {**found, "grant, re-encrypt and decrypt": sum(found[name] for name in asked)}


if __name__ == "__main__":
    measured = medians(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    sys.stdout.write(json.dumps({name: round(one, 3) for name, one in measured.items()}, indent=1) + "\n")
