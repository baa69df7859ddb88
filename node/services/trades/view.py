"""Trades as they stand: what the chain says of each, who has consented, and what this bank asked for.

Of what others propose a bank knows what the chain tells. A state is derived, never stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from node.mirror.head import Pinned, pinned
from node.mirror.instructions import InstructionKey, Outcome, outcomes
from node.mirror.parties import Proposed, proposed
from node.mirror.queue import Waiting, told_until
from node.mirror.words import signed
from node.services.approvals import ContentChanged
from node.services.facts import Patience, Subject, state
from node.services.timeline import Entry, last_reason, timeline
from node.services.trades.acts import Act, Taken, acts_of
from node.services.versions import version_of
from node.store.tables import blocks, trades
from settlement.document import commitment
from settlement.lifecycle import State
from settlement.recognition import Identity
from settlement.trade import Trade, approval_subject, legs_of

_WORD_BYTES = 32
# What brings a trade on chain or burns its sequence: by how that ends its state is known.
_OWN = frozenset({Act.PROPOSE, Act.VOID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A trade as it stands. Participants by number, times in UTC seconds.

    `state` is the domain's; `consents`: who has consented on chain, `cancels`: which debtors asked there that
    it ends, `urgent`, `held`: for whom it is so. `subject`: what an approval of a consent would be for now.
    `own`: this bank's row of it, where it proposed it. `created_at`: when it was accepted here, or proposed
    on chain.
    """

    digest: bytes
    trade: Trade
    state: State
    reason: str | None
    consents: frozenset[int]
    cancels: frozenset[int]
    urgent: frozenset[int]
    held: frozenset[int]
    subject: bytes
    acts: Sequence[Taken]
    timeline: Sequence[Entry]
    own: RowMapping | None
    created_at: int

    @property
    def awaits(self) -> tuple[int, ...]:
        """Return the debtors whose consent it lacks; payees that an asset has accept are not told."""
        if self.state.final or self.state in (State.QUEUED, State.HELD):
            return ()
        return tuple(debtor for debtor in self.trade.debtors if debtor not in self.consents)

    @property
    def waiting(self) -> Taken | None:
        """Return the act that waits for a second person."""
        return next((taken for taken in self.acts if taken.attempt.held), None)

    @property
    def version(self) -> str:
        """Where it stands: another one once anything that decides has happened."""
        return version_of(
            self.state.value, self.reason, *sorted(self.consents), "/", *sorted(self.cancels), len(self.acts)
        )

    def live(self, *acts: Act) -> Taken | None:
        """Return an act of these kinds that is on its way, or waits for a second person."""
        return next((taken for taken in self.acts if taken.act in acts and taken.is_live), None)


def standing(connection: Connection, digest: bytes, *, patience: Patience, now: float) -> Standing | None:
    """Return a trade by its digest; None when nobody proposed it, here or on chain.

    Raise `ContentChanged` for a row that says something else than its digest.
    """
    found = standings(connection, [digest], patience=patience, now=now)
    return found[0] if found else None


def standings(
    connection: Connection, digests: Sequence[bytes], *, patience: Patience, now: float
) -> list[Standing]:
    """Return those of these trades that there are, in order; raise `ContentChanged`."""
    own = _own_rows(connection, digests)
    places = {digest: place for digest in digests if (place := proposed(connection, digest))}
    told = told_until(connection, {(each.initiator, each.sequence) for each in places.values()})
    chain = pinned(connection)
    contents: dict[bytes, tuple[Trade, Waiting | None]] = {}
    for digest in digests:
        place = places.get(digest)
        if place is not None:
            waiting = told[place.initiator, place.sequence]
            contents[digest] = _from_chain(waiting), waiting
        elif digest in own:
            contents[digest] = trade_from_row(own[digest], chain), None
    keys = {digest: (trade.initiator, trade.sequence) for digest, (trade, _) in contents.items()}
    said = outcomes(connection, keys.values())
    acts = acts_of(connection, list(contents))
    times = _times(connection, places.values())
    return [
        _standing(
            digest, *contents[digest], own=own.get(digest), acts=acts[digest], said=said[keys[digest]],
            submitted_at=times.get(digest, 0), patience=patience, now=now,
        )
        for digest in contents
    ]  # fmt: skip


def trade_from_row(row: RowMapping | Mapping[str, Any], chain: Pinned) -> Trade:
    """Return the trade of a row of `trades`; raise `ContentChanged` where that is not what it was."""
    trade = Trade(
        head=int.from_bytes(row["head"], "big"), commitment=row["commitment"], legs=legs_of(row["legs"])
    )
    digest = trade.digest(chain_id=chain.chain_id, ledger=chain.ledger)
    committed = commitment(row["document"].encode(), row["salt"])
    if digest != row["digest"] or committed != row["commitment"]:
        raise ContentChanged(
            f"the trade 0x{row['digest'].hex()} was changed in the database: what is shown is not what would "
            "be sent; compare with a backup"
        )
    return trade


def _from_chain(waiting: Waiting) -> Trade:
    return Trade(head=waiting.head, commitment=waiting.commitment, legs=waiting.legs)


def _own_rows(connection: Connection, digests: Collection[bytes]) -> dict[bytes, RowMapping]:
    query = select(trades).where(trades.c.digest.in_(digests))
    return {row["digest"]: row for row in connection.execute(query).mappings()}


def _times(connection: Connection, places: Iterable[Proposed]) -> Mapping[bytes, int]:
    heights = {place.digest: place.height for place in places}
    query = select(blocks.c.height, blocks.c.timestamp).where(blocks.c.height.in_(set(heights.values())))
    times = {row.height: row.timestamp for row in connection.execute(query)}
    return {digest: times[height] for digest, height in heights.items()}


def _standing(
    digest: bytes,
    trade: Trade,
    waiting: Waiting | None,
    *,
    own: RowMapping | None,
    acts: Sequence[Taken],
    said: Sequence[Outcome],
    submitted_at: int,
    patience: Patience,
    now: float,
) -> Standing:
    identity = Identity(
        terms=b"",
        commitment=trade.commitment,
        head=trade.head.to_bytes(_WORD_BYTES, "big"),
        digest=digest,
    )
    created_at = submitted_at if own is None else own["created_at"]
    attempts = [taken.attempt for taken in acts if taken.act in _OWN]
    found = state(
        Subject(identity=identity, created_at=created_at), attempts, said, patience=patience, now=now
    )
    none: frozenset[int] = frozenset()
    return Standing(
        digest=digest,
        trade=trade,
        state=found,
        reason=None if found is State.SETTLED else last_reason(identity, attempts, said),
        consents=waiting.consents if waiting else none,
        cancels=waiting.cancels if waiting else none,
        urgent=waiting.urgent if waiting else none,
        held=waiting.held if waiting else none,
        subject=approval_subject(digest, waiting.rounds if waiting else 0),
        acts=acts,
        timeline=timeline(
            created_at=created_at,
            created_by="chain" if own is None else own["created_by"],
            identity=identity,
            attempts=[taken.attempt for taken in acts],
            outcomes=said,
            answers=_answers(acts),
        ),
        own=own,
        created_at=created_at,
    )


def _answers(acts: Sequence[Taken]) -> list[Entry]:
    entries = []
    for taken in acts:
        if taken.need is not None:
            entries.append(
                Entry(event="awaiting_approval", at=taken.created_at, reason=taken.need, by=taken.entered_by)
            )
        if taken.answer is not None:
            entries.append(
                Entry(
                    event="approved" if taken.answer["verdict"] == "approved" else "disapproved",
                    at=taken.answer["created_at"],
                    reason=taken.answer["reason"],
                    by=taken.answer["approver_name"],
                )
            )
    return entries


def key_of(trade: Trade) -> InstructionKey:
    """Return the key of a trade as columns have it: its sequence signed."""
    return trade.initiator, signed(trade.sequence)
