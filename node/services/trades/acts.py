"""What a bank asks of the chain about a trade: an act, by a row of the outbox, held where it takes two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, insert, select

from node.chain import calls, own_calls
from node.chain.calls import Call
from node.chain.contracts import Contracts
from node.outbox.attempts import Attempt, attempts_of_rows
from node.outbox.rows import enqueue_call
from node.services.actors import Actor
from node.services.audit import append_audit
from node.store.tables import trade_acts, trade_answers
from settlement.approval import Need
from settlement.participant import KeyRole
from settlement.trade import Trade

_DIGESTS_PER_QUERY = 500


class Act(StrEnum):
    """What is asked for."""

    PROPOSE = "propose"
    AFFIRM = "affirm"
    WITHDRAW = "withdraw"  # the own consent, while another is missing
    CANCEL = "cancel"  # consent to the end of what queues
    SETTLE = "settle"  # of what queues, when the money is there
    SWEEP = "sweep"  # the end of what is past its deadline
    VOID = "void"  # burns the sequence of what the chain has not accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An act as it was taken, and how far its row is. `answer`: what a second person said of it."""

    id: int
    act: Act
    row: int
    urgent: bool
    need: str | None
    reason: str | None
    entered_by: str
    created_at: int
    created_by: str
    attempt: Attempt
    answer: RowMapping | None

    @property
    def is_live(self) -> bool:
        """Tell whether it may still do something on chain that it has not done."""
        attempt = self.attempt
        return attempt.refused_at is None and not attempt.reverted and attempt.end is None


def call_for(
    contracts: Contracts,
    act: Act,
    trade: Trade,
    *,
    urgent: bool = False,
    approvals: Sequence[tuple[int, int, bytes]] = (),
) -> Call:
    """Return the transaction that an act is; `approvals`: (0, deadline, signature), or nothing."""
    if act is Act.PROPOSE:
        return own_calls.propose(contracts, trade.words, urgent=urgent, approvals=approvals)
    if act is Act.AFFIRM:
        return own_calls.affirm(contracts, trade.words, urgent=urgent, approvals=approvals)
    if act is Act.VOID:
        return calls.void(contracts, [trade.sequence])
    if act is Act.SETTLE:
        return own_calls.settle(contracts, [[trade.words]])
    return _PLAIN[act](contracts, trade.words)


_PLAIN = {
    Act.WITHDRAW: own_calls.withdraw_consent,
    Act.CANCEL: own_calls.consent_to_cancel,
    Act.SWEEP: own_calls.sweep_trade,
}


def enter(
    connection: Connection,
    contracts: Contracts,
    digest: bytes,
    trade: Trade,
    act: Act,
    *,
    actor: Actor,
    at: int,
    urgent: bool = False,
    need: Need | None = None,
    reason: str | None = None,
    call: Call | None = None,
    role: KeyRole = KeyRole.PAY,
) -> int:
    """Put an act in with its audit entry, and return its number; held where there is a `need`.

    `call`, `role`: where it is another than a pay key's own.
    """
    asked = call or call_for(contracts, act, trade, urgent=urgent)
    row = enqueue_call(
        connection,
        contract=asked.contract,
        calldata=asked.calldata,
        role=role,
        at=at,
        held=need is not None,
    )
    values = {
        "digest": digest, "act": act.value, "row": row, "urgent": urgent,
        "need": None if need is None else need.value, "reason": reason, "entered_by": actor.name,
        "created_at": at, "created_by": actor.id,
    }  # fmt: skip
    made: int = connection.execute(insert(trade_acts).values(values).returning(trade_acts.c.id)).scalar_one()
    append_audit(
        connection,
        at=at,
        actor=actor.id,
        action=f"trade_{act}",
        subject="0x" + digest.hex(),
        detail={"row": row, **({} if need is None else {"need": need.value})},
    )
    return made


def acts_of(connection: Connection, digests: Sequence[bytes]) -> Mapping[bytes, list[Taken]]:
    """Return the acts about each trade, oldest first."""
    found: dict[bytes, list[Taken]] = {digest: [] for digest in digests}
    for start in range(0, len(digests), _DIGESTS_PER_QUERY):
        some = digests[start : start + _DIGESTS_PER_QUERY]
        query = select(trade_acts).where(trade_acts.c.digest.in_(some)).order_by(trade_acts.c.id)
        rows = connection.execute(query).mappings().all()
        attempts = {each.row: each for each in attempts_of_rows(connection, [row["row"] for row in rows])}
        asked = select(trade_answers).where(trade_answers.c.act.in_([row["id"] for row in rows]))
        answers = {row["act"]: row for row in connection.execute(asked).mappings()}
        for row in rows:
            found[row["digest"]].append(_taken(row, attempts[row["row"]], answers.get(row["id"])))
    return found


_NAMES = ("id", "row", "urgent", "need", "reason", "entered_by", "created_at", "created_by")


def _taken(row: RowMapping, attempt: Attempt, answer: RowMapping | None) -> Taken:
    return Taken(act=Act(row["act"]), attempt=attempt, answer=answer, **{name: row[name] for name in _NAMES})
