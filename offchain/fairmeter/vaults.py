"""What `fairmeter vault` does: each party's steps at a vault on a chain, with a store beside it."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairmeter.errors import InputError, RevertError, VaultError
from fairmeter.outputs import Done, replacing

if TYPE_CHECKING:
    from fairmeter.contracts.vaulting import Request
    from fairmeter.privacy import Custody
    from fairmeter.vault.customer import Customer
    from fairmeter.vault.fields import Field
    from fairmeter.vault.proxy import Proxy
    from fairmeter.vault.reader import Reader
    from fairmeter.vault.site import Site
    from fairmeter.vault.state import VaultState

# Each function imports what it needs: the other commands load no ciphers.


def deploy_vault(deployment: Path, rpc_url: str, out: Path) -> Done:
    """Deploy a vault beside the system of a deployment's file, and write where it is. The key has to be the
    administrator's. Raises InputError where `out` is there."""
    from fairmeter.commands import check_new, connect  # noqa: PLC0415
    from fairmeter.contracts import vaulting  # noqa: PLC0415
    from fairmeter.contracts.session import Session  # noqa: PLC0415
    from fairmeter.vault.site import wallet_on  # noqa: PLC0415

    check_new(out)
    with connect(deployment, rpc_url) as system:
        vault = vaulting.deploy_vault(Session(system.engine), system, wallet_on(system.engine))
        figures = {"chain_id": system.engine.chain_id, "vault": "0x" + vault.address.hex(), "block": vault.since}
    with replacing(out) as part:
        part.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return Done(f"a vault at {figures['vault']}: {out}", figures)


def keys(site: Site, *, by_proxies: bool) -> Done:
    """Publish a party's public keys; its secret is made where there is none."""
    from fairmeter.vault.access import Identity  # noqa: PLC0415

    site.make_secret()
    card = Identity(site.read_secret()).card(by_proxies=by_proxies)
    with site.party() as (vault, wallet):
        vault.publish(wallet, card)
        party = "0x" + wallet.address.hex()
    return Done(f"{party} has published its keys; its secret is in {site.secret}", {"party": party})


def name_proxy(site: Site, proxy: str, *, active: bool) -> Done:
    """The governor's: names a proxy, or ends it."""
    from fairmeter.vault.site import address_of  # noqa: PLC0415

    address = address_of(proxy)
    with site.party() as (vault, wallet):
        vault.send(wallet, vault.contract.set_proxy(address, active=active))
    return Done(f"{proxy} is {'a' if active else 'no longer a'} proxy", {"proxy": proxy, "active": active})


def collect(
    customer: str,
    out: Path,
    custody: Custody,
    *,
    scores: Path | None,
    payments: Path | None,
    usage: Path | None,
) -> Done:
    """A customer's fields, from the tables that have everybody's, a file each into the folder `out`."""
    from fairmeter.vault import collect as room  # noqa: PLC0415

    return _write(out, room.collect(customer, custody, scores=scores, payments=payments, usage=usage))


def put(site: Site, files: Sequence[str], *, by_proxies: bool, policy: str | None, authority: str | None) -> Done:
    """Put files away as a record's fields, FIELD=FILE each; under a policy over an authority's attributes if there is
    one."""
    from fairmeter.vault.fields import names  # noqa: PLC0415
    from fairmeter.vault.policies import PolicyKey  # noqa: PLC0415
    from fairmeter.vault.site import address_of  # noqa: PLC0415

    if (policy is None) != (authority is None):
        raise InputError("a policy needs an authority, and an authority a policy")
    data = _read(files)
    with site.customer() as customer:
        key = None
        if policy is not None and authority is not None:
            key = PolicyKey.of(customer.vault, address_of(authority), policy)
        number = customer.put(data, by_proxies=by_proxies, policy=key)
    return Done(f"record {number}: {', '.join(names(data))}", {"record": number, "fields": names(data)})


def grant(
    site: Site,
    grantee: str,
    fields: str,
    until: int,
    purpose: str,
    by: Sequence[str],
    threshold: int,
    epoch: int | None = None,
) -> Done:
    """Let someone open fields of an epoch's records until a time, Unix seconds, by `threshold` of the proxies."""
    from fairmeter.vault.fields import parse_fields  # noqa: PLC0415
    from fairmeter.vault.site import address_of  # noqa: PLC0415

    wanted, to, proxies = parse_fields(fields), address_of(grantee), [address_of(one) for one in by]
    with site.customer() as customer:
        number = customer.grant(to, wanted, until, purpose, by=proxies, threshold=threshold, epoch=epoch)
    return Done(f"grant {number} to {grantee}", {"grant": number})


def revoke(site: Site, number: int, *, keep_epoch: bool) -> Done:
    """End a grant; then begin the next epoch, and grant that to whose grants of the last one are still valid."""
    with site.customer() as customer:
        customer.revoke(number)
        epoch = customer.vault.contract.epoch_of(customer.wallet.address)
        if keep_epoch:
            return Done(f"grant {number} is revoked", {"revoked": number, "epoch": epoch, "renewed": {}})
        valid = customer.valid_grants(epoch)
        epoch = customer.rotate()
        renewed = {str(one): customer.renew(one) for one in valid}
    told = "".join(f"; grant {old} goes on as {new}" for old, new in renewed.items())
    figures = {"revoked": number, "epoch": epoch, "renewed": renewed}
    return Done(f"grant {number} is revoked, epoch {epoch} has begun{told}", figures)


def open_own(site: Site, record: int, out: Path) -> Done:
    """The customer's own record, a file a field into the folder `out`."""
    with site.customer() as customer:
        return _write(out, customer.open(record))


def open_granted(site: Site, number: int, record: int, fields: str | None, out: Path) -> Done:
    """Ask for fields of a record under a grant (all that it covers by default), or open them into the folder `out`
    where enough have answered."""
    from fairmeter.vault import exchange  # noqa: PLC0415

    with site.reader() as reader:
        vault, me = reader.vault, reader.wallet.address
        terms = vault.contract.grant_of(number)
        request = _asked(reader, number, record, fields)
        answers, needed = exchange.answers(vault.store, me, request), max(terms.threshold, 1)
        given = [one for by, one in answers.items() if terms.threshold or by == terms.customer]
        if len(given) < needed:
            told = f"asked; {len(given)} of {needed} have answered so far: open it again later"
            return Done(told, {"answers": len(given), "needed": needed, "files": []})
        return _write(out, reader.open(request, given))


def open_by_policy(
    site: Site, customer: str, record: int, fields: str | None, authority: str, key: str, out: Path
) -> Done:
    """Fields of a record by the key of attributes that an authority issued, into the folder `out`."""
    from fairmeter.vault.access import Identity  # noqa: PLC0415
    from fairmeter.vault.fields import parse_fields  # noqa: PLC0415
    from fairmeter.vault.policies import key_from, open_record  # noqa: PLC0415
    from fairmeter.vault.site import address_of, hash_of  # noqa: PLC0415

    owner, mine = address_of(customer), Identity(site.read_secret()).envelope
    with site.party() as (vault, wallet):
        held = key_from(vault, mine, hash_of(key), address_of(authority), wallet.address)
        wanted = list(vault.record(owner, record)[1]) if fields is None else parse_fields(fields)
        return _write(out, open_record(vault, owner, record, wanted, held))


def answer(site: Site) -> list[Done]:
    """Answer what is asked of this party and not answered yet: of a proxy, or of a customer that answers itself. What
    is refused is told, and left."""
    from fairmeter.vault import exchange  # noqa: PLC0415
    from fairmeter.vault.customer import Customer  # noqa: PLC0415
    from fairmeter.vault.proxy import Proxy  # noqa: PLC0415

    secret = site.read_secret()
    with site.party() as (vault, wallet):
        sides = (Customer(vault, wallet, secret), Proxy(vault, wallet, secret))
        told = [_answer(sides, request, signature) for request, signature in exchange.asked(vault.store)]
    return [done for done in told if done is not None]


def _answer(sides: tuple[Customer, Proxy], request: Request, signature: bytes) -> Done | None:
    """None where it is not for this party, or was answered before."""
    from fairmeter.vault import exchange  # noqa: PLC0415

    vault, me = sides[0].vault, sides[0].wallet.address
    terms, refused = vault.contract.grant_of(request.grant), None
    side = sides[terms.threshold > 0]
    try:
        if not side.serves(terms) or me in exchange.answers(vault.store, terms.grantee, request):
            return None
        exchange.answer(vault.store, terms.grantee, request, me, side.answer(request, signature))
    except (InputError, VaultError, RevertError) as error:
        refused = str(error)
    figures = {"grant": request.grant, "record": request.number, "refused": refused}
    told = "answered" if refused is None else refused
    return Done(f"grant {request.grant}, record {request.number}: {told}", figures)


def publish_parameters(site: Site) -> Done:
    """An authority's: keep its public parameters, by whose hash the governor names it."""
    with site.office() as office:
        name = "0x" + office.publish().hex()
    return Done(f"parameters {name}", {"parameters": name})


def name_authority(site: Site, authority: str, parameters: str | None) -> Done:
    """The governor's: names an authority by the hash of its parameters, or removes it."""
    from fairmeter.vault.access import NOTHING  # noqa: PLC0415
    from fairmeter.vault.site import address_of, hash_of  # noqa: PLC0415

    address, named = address_of(authority), NOTHING if parameters is None else hash_of(parameters)
    with site.party() as (vault, wallet):
        vault.send(wallet, vault.contract.set_authority(address, named))
    told = "is no longer an authority" if parameters is None else "is an authority"
    return Done(f"{authority} {told}", {"authority": authority, "parameters": parameters})


def issue(site: Site, holder: str, attributes: Sequence[str], until: int) -> Done:
    """An authority's: issue attributes until a time, Unix seconds, with a key that its holder alone opens."""
    from fairmeter.vault.site import address_of  # noqa: PLC0415

    with site.office() as office:
        name = "0x" + office.issue(address_of(holder), attributes, until).hex()
    return Done(f"{holder} has {', '.join(attributes)}: key {name}", {"holder": holder, "key": name})


def withdraw(site: Site, holder: str, attributes: Sequence[str]) -> Done:
    """An authority's: take attributes back, and begin the next epoch."""
    from fairmeter.vault.site import address_of  # noqa: PLC0415

    with site.office() as office:
        office.revoke(address_of(holder), attributes)
        epoch = office.vault.contract.authority_of(office.wallet.address)["epoch"]
    told = f"{holder} has lost {', '.join(attributes)}; epoch {epoch} has begun"
    return Done(told, {"holder": holder, "epoch": epoch})


def grants(site: Site, block: int | None = None) -> list[dict[str, Any]]:
    """All grants after a block, by default the newest, and whether each was valid then."""
    from fairmeter.vault.fields import fields_of, names, text_of  # noqa: PLC0415

    state, time = _state(site, block)
    return [
        {
            "grant": number,
            "customer": "0x" + one.customer.hex(),
            "grantee": "0x" + one.grantee.hex(),
            "fields": names(fields_of(one.fields)),
            "epoch": one.epoch,
            "until": one.until,
            "purpose": text_of(one.purpose),
            "threshold": one.threshold,
            "valid": state.is_valid(number, time),
        }
        for number, one in state.grants.items()
    ]


def log(site: Site, number: int | None = None) -> list[dict[str, Any]]:
    """Every re-encryption, or a grant's alone."""
    from fairmeter.vault.fields import fields_of, names  # noqa: PLC0415

    state, _ = _state(site, None)
    return [
        {
            "block": one.block,
            "grant": one.request.grant,
            "record": one.request.number,
            "fields": names(fields_of(one.request.fields)),
            "by": "0x" + one.by.hex(),
        }
        for one in state.log
        if number in (None, one.request.grant)
    ]


def check(site: Site) -> list[dict[str, Any]]:
    """Every event of the vault that its own rules forbid, and every object of a record that the store has not, or has
    altered: none, where all is well."""
    from fairmeter.vault.check import breaches  # noqa: PLC0415
    from fairmeter.vault.store import Objects, open_store  # noqa: PLC0415

    with site.contract() as contract:
        engine = contract.engine
        events = list(contract.events())
        found = breaches(events, functools.cache(lambda number: engine.block(number).timestamp))
    objects = Objects(open_store(site.store))
    lost = [
        {"block": event.log.block_number, "event": event.name, "problem": problem}
        for event in events
        if event.name == "RecordPut"
        for problem in map(objects.problem, event.arguments["hashes"])
        if problem is not None
    ]
    return [*map(dataclasses.asdict, found), *lost]


def _state(site: Site, block: int | None) -> tuple[VaultState, int]:
    """The state after a block, and the block's time."""
    from fairmeter.vault.state import VaultState  # noqa: PLC0415

    with site.contract() as contract:
        number = contract.engine.head() if block is None else block
        return VaultState.at(contract, number), contract.engine.block(number).timestamp


def _asked(reader: Reader, number: int, record: int, fields: str | None) -> Request:
    """The reader's request for these fields; it is made and left where there is none yet."""
    from fairmeter.vault import exchange  # noqa: PLC0415
    from fairmeter.vault.fields import bits_of, fields_of, parse_fields  # noqa: PLC0415

    vault, me = reader.vault, reader.wallet.address
    terms = vault.contract.grant_of(number)
    held = vault.record(terms.customer, record)[1]
    wanted = [one for one in fields_of(terms.fields) if one in held] if fields is None else parse_fields(fields)
    for request, _ in exchange.asked(vault.store, me):
        if (request.grant, request.number, request.fields) == (number, record, bits_of(wanted)):
            return request
    request, signature = reader.request(number, record, wanted)
    exchange.ask(vault.store, me, request, signature)
    return request


def _read(files: Sequence[str]) -> dict[Field, bytes]:
    from fairmeter.vault.fields import parse_fields  # noqa: PLC0415

    found = {}
    for one in files:
        name, _, path = one.partition("=")
        fields = parse_fields(name)
        if not path or len(fields) != 1 or fields[0] in found:
            raise InputError(f"{one!r}: expected FIELD=FILE, each field once")
        try:
            found[fields[0]] = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return found


def _write(out: Path, opened: Mapping[Field, bytes]) -> Done:
    """A file a field."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be made: {error.strerror}") from error
    for field, data in opened.items():
        with replacing(out / field.name.lower()) as part:
            part.write_bytes(data)
    files = [str(out / field.name.lower()) for field in opened]
    return Done(f"written: {', '.join(files)}", {"files": files})
