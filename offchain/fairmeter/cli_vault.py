"""`fairmeter vault`: parse, call, print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairmeter import options, terminal, vaults
from fairmeter.errors import InputError

if TYPE_CHECKING:
    from fairmeter.vault.site import Site

app = typer.Typer(help="Credit data under the customer's control: sealed, granted, revoked, opened.")

RpcUrl = Annotated[str, typer.Option(help="The node's address.")]
VaultFile = Annotated[Path, typer.Option(help="What `fairmeter vault deploy` wrote.")]
StorePlace = Annotated[str, typer.Option(help="Folder of the sealed data, or s3://BUCKET/PREFIX.")]
Secret = Annotated[Path, typer.Option(help="The party's secret; its key on the chain is FAIRMETER_PRIVATE_KEY's.")]
Fields = Annotated[str | None, typer.Option(help="grade, reasons, payments, readings, with commas; all if none.")]
Out = Annotated[Path, typer.Option(help="Folder for the opened fields, a file each.")]
Until = Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Its end, in UTC.")]
Authority = Annotated[str | None, typer.Option(help="Address of the authority that issues the attributes.")]
VAULT = Path("vault.json")
STORE = "vault-store"
SECRET = Path("vault.secret")


def _site(rpc_url: str, vault: Path, store: str, secret: Path) -> Site:
    from fairmeter.vault.site import Site  # noqa: PLC0415

    return Site(rpc_url, vault, store, secret)


def _seconds(until: datetime) -> int:
    return int(until.replace(tzinfo=UTC).timestamp())


@app.command()
def deploy(
    rpc_url: RpcUrl,
    deployment: Annotated[Path, typer.Option(help="What `fairmeter deploy` wrote.")] = Path("deployment.json"),
    out: Annotated[Path, typer.Option(help="File for the vault's address.")] = VAULT,
    as_json: options.Json = False,
) -> None:
    """Deploy a vault beside the contracts."""
    terminal.show(vaults.deploy_vault(deployment, rpc_url, out), as_json)


@app.command()
def keys(
    rpc_url: RpcUrl,
    online: Annotated[bool, typer.Option("--online", help="For envelopes alone, without proxies.")] = False,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """Publish a party's public keys; its secret is made where there is none."""
    terminal.show(vaults.keys(_site(rpc_url, vault, store, secret), by_proxies=not online), as_json)


@app.command()
def proxy(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The proxy's.")],
    rpc_url: RpcUrl,
    end: Annotated[bool, typer.Option("--end", help="It is one no longer.")] = False,
    vault: VaultFile = VAULT,
    as_json: options.Json = False,
) -> None:
    """The governor's: name a proxy, or end it."""
    terminal.show(vaults.name_proxy(_site(rpc_url, vault, STORE, SECRET), address, active=not end), as_json)


@app.command()
def collect(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="As the tables call it.")],
    out: Annotated[Path, typer.Option(help="Folder for the fields, a file each.")],
    scores: Annotated[Path | None, typer.Option(help="What `fairmeter score` wrote: grade and reasons.")] = None,
    payments: Annotated[Path | None, typer.Option(help="Payments, .csv or .parquet: customer_id, …")] = None,
    usage: Annotated[Path | None, typer.Option(help="Readings, .csv or .parquet: customer_id, …")] = None,
    data_key: options.DataKeyFile = None,
    access_log: options.AccessLogFile = None,
    as_json: options.Json = False,
) -> None:
    """Collect a customer's fields from everybody's tables, to be put away."""
    custody = options.custody("vault collect", data_key, access_log)
    terminal.show(vaults.collect(customer, out, custody, scores=scores, payments=payments, usage=usage), as_json)


@app.command()
def put(
    files: Annotated[list[str], typer.Argument(metavar="FIELD=FILE...", help="grade, reasons, payments, readings.")],
    rpc_url: RpcUrl,
    online: Annotated[bool, typer.Option("--online", help="No proxy can re-encrypt it.")] = False,
    policy: Annotated[str | None, typer.Option(help="Whoever has the attributes opens it: a AND b OR c.")] = None,
    authority: Authority = None,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """Seal files, put them away, and commit to them on chain as the next record."""
    site = _site(rpc_url, vault, store, secret)
    terminal.show(vaults.put(site, files, by_proxies=not online, policy=policy, authority=authority), as_json)


@app.command()
def grant(
    grantee: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who may open it.")],
    rpc_url: RpcUrl,
    fields: Annotated[str, typer.Option(help="grade, reasons, payments, readings, with commas.")],
    until: Until,
    purpose: Annotated[str, typer.Option(help="What for: short text.")],
    by: Annotated[list[str] | None, typer.Option(help="Address of a proxy, once for each; none: by oneself.")] = None,
    threshold: Annotated[int | None, typer.Option(min=1, help="Proxies that it takes; more than half if none.")] = None,
    epoch: Annotated[int | None, typer.Option(min=0, help="Whose records; the present one's if none.")] = None,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """Let someone open fields of an epoch's records until a time."""
    proxies = by or []
    taken = threshold if threshold is not None else len(proxies) // 2 + 1 if proxies else 0
    site = _site(rpc_url, vault, store, secret)
    terminal.show(vaults.grant(site, grantee, fields, _seconds(until), purpose, proxies, taken, epoch), as_json)


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="GRANT", min=1, help="The grant's number.")],
    rpc_url: RpcUrl,
    keep_epoch: Annotated[bool, typer.Option("--keep-epoch", help="Begin no new epoch.")] = False,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """End a grant, begin the next epoch, and grant that to those whose grants are still valid."""
    terminal.show(vaults.revoke(_site(rpc_url, vault, store, secret), number, keep_epoch=keep_epoch), as_json)


@app.command(name="open")
def open_(
    record: Annotated[int, typer.Argument(metavar="RECORD", min=1, help="The record's number.")],
    rpc_url: RpcUrl,
    out: Out,
    by_grant: Annotated[int | None, typer.Option("--grant", min=1, help="Another's, under this grant.")] = None,
    customer: Annotated[str | None, typer.Option(help="Another's, by attributes: the customer's address.")] = None,
    authority: Authority = None,
    key: Annotated[str | None, typer.Option(help="The key of attributes, as `issue` gave it.")] = None,
    fields: Fields = None,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """Open a record of one's own, under a grant (it asks first), or by attributes."""
    site = _site(rpc_url, vault, store, secret)
    if by_grant is not None:
        terminal.show(vaults.open_granted(site, by_grant, record, fields, out), as_json)
    elif customer is not None:
        if authority is None or key is None:
            raise InputError("--customer needs --authority and --key")
        terminal.show(vaults.open_by_policy(site, customer, record, fields, authority, key, out), as_json)
    else:
        terminal.show(vaults.open_own(site, record, out), as_json)


@app.command()
def answer(
    rpc_url: RpcUrl,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.JsonLines = False,
) -> None:
    """A proxy's, or a customer's: answer what is asked and still granted, and log it on chain."""
    terminal.show_lines(vaults.answer(_site(rpc_url, vault, store, secret)), as_json)


@app.command()
def grants(
    rpc_url: RpcUrl,
    block: Annotated[int | None, typer.Option(min=0, help="As they were after this block; now if none.")] = None,
    vault: VaultFile = VAULT,
    as_json: options.Json = False,
) -> None:
    """List who may open what, now or after any block."""
    terminal.show_rows("grants", vaults.grants(_site(rpc_url, vault, STORE, SECRET), block), as_json)


@app.command()
def log(
    rpc_url: RpcUrl,
    by_grant: Annotated[int | None, typer.Option("--grant", min=1, help="Of this grant alone.")] = None,
    vault: VaultFile = VAULT,
    as_json: options.Json = False,
) -> None:
    """List every time that a key was re-encrypted, and by whom."""
    terminal.show_rows("log", vaults.log(_site(rpc_url, vault, STORE, SECRET), by_grant), as_json)


@app.command()
def check(
    rpc_url: RpcUrl,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    as_json: options.Json = False,
) -> None:
    """An auditor's: follow every event by plain rules, and read every object; exit code 0 only if all is well."""
    found = vaults.check(_site(rpc_url, vault, store, SECRET))
    terminal.show_rows("problems", found, as_json)
    if found:
        raise typer.Exit(1)


@app.command()
def parameters(
    rpc_url: RpcUrl,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """An authority's: publish its parameters, by whose hash the governor names it."""
    terminal.show(vaults.publish_parameters(_site(rpc_url, vault, store, secret)), as_json)


@app.command()
def authority(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The authority's.")],
    rpc_url: RpcUrl,
    parameters: Annotated[str | None, typer.Option(help="Hash of its parameters; without it is removed.")] = None,
    vault: VaultFile = VAULT,
    as_json: options.Json = False,
) -> None:
    """The governor's: name an authority, or remove it."""
    terminal.show(vaults.name_authority(_site(rpc_url, vault, STORE, SECRET), address, parameters), as_json)


@app.command()
def issue(
    holder: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who gets them.")],
    attributes: Annotated[list[str], typer.Argument(metavar="ATTRIBUTE...", help="As role=bank; all at once.")],
    rpc_url: RpcUrl,
    until: Until,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """An authority's: issue attributes, with a key that their holder alone opens."""
    site = _site(rpc_url, vault, store, secret)
    terminal.show(vaults.issue(site, holder, attributes, _seconds(until)), as_json)


@app.command()
def withdraw(
    holder: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who loses them.")],
    attributes: Annotated[list[str], typer.Argument(metavar="ATTRIBUTE...", help="As they were issued.")],
    rpc_url: RpcUrl,
    vault: VaultFile = VAULT,
    store: StorePlace = STORE,
    secret: Secret = SECRET,
    as_json: options.Json = False,
) -> None:
    """An authority's: take attributes back, and begin the next epoch."""
    terminal.show(vaults.withdraw(_site(rpc_url, vault, store, secret), holder, attributes), as_json)
