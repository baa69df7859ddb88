"""What entries of the feed say of an instruction or an account, and by which names."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.mirror.registry import directory, registered_assets
from node.mirror.words import signed
from node.services.circumstances import own_participant
from node.services.facts import Patience
from node.services.payments import patience_of
from node.settings import Settings
from node.store.tables import instructions
from settlement.document import Json
from settlement.errors import SettlementError
from settlement.lifecycle import State
from settlement.participant import Directory

_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One moment of the store, with the names in it. `now` in UTC seconds."""

    connection: Connection
    own: int
    names: Directory
    codes: dict[int, str]
    patience: Patience
    now: int

    def bic(self, participant: int) -> str | None:
        """Return the BIC of a participant; None for one without, or for nobody."""
        try:
            return self.names.get(participant).bic or None
        except SettlementError:
            return None

    def code(self, asset: int) -> str | None:
        """Return the currency of an asset; None while it is not registered."""
        return self.codes.get(asset)

    def instructions_of(self, sequences: Sequence[int]) -> dict[int, RowMapping]:
        """Return this node's instructions by their sequence; those there are."""
        found = {}
        for start in range(0, len(sequences), _PER_QUERY):
            some = [signed(each) for each in sequences[start : start + _PER_QUERY]]
            query = select(instructions).where(
                instructions.c.payer == self.own, instructions.c.sequence.in_(some)
            )
            for row in self.connection.execute(query).mappings():
                found[row["sequence"]] = row
        return found

    def payment(self, row: RowMapping, state: State, reason: str | None = None) -> dict[str, Json]:
        """Return what is told of an instruction; its document is asked for by its id."""
        return {
            "payment_id": row["id"],
            "kind": row["kind"],
            "state": state.shown,
            "reason": reason,
            "payer": self.bic(row["payer"]),
            "payee": self.bic(row["payee"]),
            "currency": self.code(row["asset"]),
            "amount": str(row["amount"]),
            "uetr": row["uetr"],
            "end_to_end_id": row["end_to_end_id"],
            "value_date": row["value_date"],
            "file_id": row["file_id"],
        }


def view_of(connection: Connection, settings: Settings, *, now: int) -> View:
    """Return the view of a snapshot; raise `UnknownParticipant` until this node's bank is admitted."""
    return View(
        connection=connection,
        own=own_participant(connection, settings).id,
        names=directory(connection),
        codes={asset.id: asset.currency.code for asset in registered_assets(connection)},
        patience=patience_of(settings),
        now=now,
    )
