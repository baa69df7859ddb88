"""`vostro participants`: who is on the chain. The operator's work, through its own node's outbox."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.asking import Signer, Wait, ask_for
from node.cli.opening import opened_store, read_password, read_settings
from node.cli.output import AsJson, print_rows, working
from node.cli.parsing import address_of, amounts_of, key_terms, kind_of, member_ids

if TYPE_CHECKING:
    from node.chain.calls import Admission

commands = typer.Typer(help="Who is on the chain.", no_args_is_help=True)

Bic = Annotated[str, typer.Argument(help="BIC of the participant.")]
_Keys = list[str] | None


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="participants")


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every participant as mirrored."""
    from node.services.participants import list_participants

    with opened_store(read_settings()) as store:
        entries = list_participants(store)
    rows = [asdict(entry) | {"kind": entry.kind.name.lower()} for entry in entries]
    columns = ("id", "kind", "bic", "lei", "suspended", "outgoing_stopped")
    print_rows(rows, columns, as_json=as_json)


@commands.command()
def authorised(
    height: Annotated[int, typer.Argument(help="Number of a mirrored block.")], *, as_json: AsJson = False
) -> None:
    """Show every key that might act after a block, in which role, and its participant's standing then."""
    from node.services.participants import list_authorised

    with opened_store(read_settings()) as store:
        found = list_authorised(store, height)
    rows = [
        asdict(each.key) | {"role": each.key.role.name.lower(), "standing": each.standing.name.lower()}
        for each in found
    ]
    columns = ("participant", "standing", "number", "address", "role", "valid_from", "valid_until")
    print_rows(rows, columns, as_json=as_json)


@commands.command()
def admit(
    bic: Bic,
    *,
    kind: Annotated[str, typer.Option(help="operator, bank, corporate or auditor.")] = "bank",
    lei: Annotated[str, typer.Option(help="LEI (ISO 17442).")] = "",
    member: Annotated[_Keys, typer.Option(help="Member id, USABA:011104238; repeat.")] = None,
    pay: Annotated[_Keys, typer.Option(help="Address of a key that pays; repeat.")] = None,
    approve: Annotated[_Keys, typer.Option(help="Address of a key that approves; repeat.")] = None,
    administer: Annotated[_Keys, typer.Option(help="Address of a key that administers; repeat.")] = None,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Admit a participant with its first keys, whose addresses it has told you.

    The first is the operator itself: its node can't work before it is admitted, so that one admission is
    sent at once by the key of --signer, which needs the operator's role.
    """
    from node.chain import calls
    from settlement.identifiers import validate_bic, validate_lei
    from settlement.participant import KeyRole, ParticipantKind

    admission = calls.Admission(
        kind=kind_of(kind),
        bic=validate_bic(bic),
        lei=validate_lei(lei) if lei else "",
        members=member_ids(member or ()),
        keys=key_terms(pay=pay or (), approve=approve or (), administer=administer or ()),
    )
    if admission.kind is ParticipantKind.OPERATOR:
        _admit_operator(admission, signer, as_json=as_json)
        return
    ask_for(
        "participant_admitted",
        lambda contracts: calls.admit(contracts, admission),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


@commands.command()
def thresholds(
    bic: Bic,
    amounts: Annotated[
        list[str] | None, typer.Argument(help="USD=1000000.00 …: up to here one key is enough.")
    ] = None,
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Set a fresh participant's first thresholds, once, before it holds money; none: two keys for all."""
    from node.chain import calls
    from settlement.participant import KeyRole

    participant, words = _number(bic), amounts_of(amounts or [])
    ask_for(
        "thresholds_set",
        lambda contracts: calls.set_first_thresholds(contracts, participant, words),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


@commands.command()
def suspend(bic: Bic, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """Block a participant's debits; it can still be paid."""
    from node.chain import calls
    from settlement.participant import KeyRole

    participant = _number(bic)
    ask_for(
        "participant_suspended",
        lambda contracts: calls.suspend(contracts, participant),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


@commands.command()
def resume(bic: Bic, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """End a suspension."""
    from node.chain import calls
    from settlement.participant import KeyRole

    participant = _number(bic)
    ask_for(
        "participant_resumed",
        lambda contracts: calls.resume(contracts, participant),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def _number(bic: str) -> int:
    from node.services.participants import number_of

    with opened_store(read_settings()) as store:
        return number_of(store, bic)


def _admit_operator(admission: "Admission", signer: str | None, *, as_json: bool) -> None:
    from node.bootstrap.deployment import admit_operator

    settings = read_settings()
    if signer is None:
        raise typer.BadParameter("name the key that signs: --signer", param_hint="--signer")
    password = read_password(settings)
    with working("admitting the operator"):
        number = admit_operator(settings, password, admission, address_of(signer))
    print_rows(
        [{"id": number, "bic": admission.bic, "state": "done"}], ("id", "bic", "state"), as_json=as_json
    )
