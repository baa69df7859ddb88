"""The rows that a transaction carries, with all that is needed to bring them on chain."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, or_, select

from node.outbox.actions import Action
from node.outbox.rows import IS_WAITING
from node.store.tables import approvals, instructions, outbox
from settlement.approval import Approval
from settlement.instruction import OneLeg, Terms, terms_from_word, valid_times
from settlement.participant import KeyRole
from settlement.recognition import Identity

_WORD_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An instruction as the chain must get it.

    `not_before`: the first UTC second at which it may settle, 0 is none; `deadline`: the last at which it is
    signed; `queue`: whether it may go to the queue, where
    `digest` names it (None: it has no form for the queue). `approval`: the second consent, if one was given.
    """

    id: str
    terms: Terms
    commitment: bytes
    deadline: int
    not_before: int = 0
    queue: bool = False
    digest: bytes | None = None
    approval: Approval | None = None

    @property
    def one_leg(self) -> OneLeg:
        """Return it as the queue takes it."""
        return OneLeg(terms=self.terms, valid_from=self.not_before, valid_until=self.deadline)

    @property
    def identity(self) -> Identity:
        """Return what an event must say to be about it."""
        return Identity(
            terms=self.terms.encoded(),
            commitment=self.commitment,
            head=None if self.digest is None else self.one_leg.head.to_bytes(_WORD_BYTES, "big"),
            digest=self.digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the outbox. A `call` has calldata, every other row an order."""

    id: int
    action: Action
    contract: str
    calldata: bytes | None
    order: Order | None

    @property
    def due(self) -> Order:
        """Return the instruction of a row that has one."""
        assert self.order is not None
        return self.order

    def is_late(self, now: int) -> bool:
        """Tell whether it must not be brought on chain any more: its deadline, or its approval's, is past."""
        if not self.action.instructs:
            return False
        approval = self.due.approval
        return self.due.deadline < now or (approval is not None and approval.deadline < now)


def waiting(
    connection: Connection, *, role: KeyRole, key: bytes, rows_max: int, named_only: bool = False
) -> list[Row]:
    """Return the next rows that a key of this role may sign, oldest first.

    `named_only`: only those that name this very key, because others are for a newer one.
    """
    named = outbox.c.signer == key
    query = _ROWS.where(
        IS_WAITING,
        outbox.c.role == role.value,
        named if named_only else or_(outbox.c.signer.is_(None), named),
    )
    return _read(connection, query.limit(rows_max))


def is_enough(connection: Connection, *, role: KeyRole, count: int) -> bool:
    """Tell whether at least `count` rows wait for keys of a role."""
    query = select(outbox.c.id).where(IS_WAITING, outbox.c.role == role.value)
    return connection.scalar(query.offset(count - 1).limit(1)) is not None


def carried(connection: Connection, transaction: int) -> list[Row]:
    """Return the rows a transaction carries, in its order."""
    return _read(connection, _ROWS.where(outbox.c.transaction_id == transaction))


_ROWS = (
    select(
        outbox.c.id,
        outbox.c.action,
        outbox.c.contract,
        outbox.c.calldata,
        outbox.c.instruction_id,
        instructions.c.terms,
        instructions.c.commitment,
        instructions.c.deadline,
        instructions.c.queue,
        instructions.c.head,
        instructions.c.digest,
        approvals.c.deadline.label("approval_deadline"),
        approvals.c.signature,
        approvals.c.queue_signature,
    )
    .select_from(outbox)
    .outerjoin(instructions, instructions.c.id == outbox.c.instruction_id)
    .outerjoin(approvals, approvals.c.instruction_id == outbox.c.instruction_id)
    .order_by(outbox.c.id)
)


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[Row]:
    return [_row(row) for row in connection.execute(query).mappings()]


def _row(row: RowMapping) -> Row:
    order = None
    if row["instruction_id"] is not None:
        order = Order(
            id=row["instruction_id"],
            terms=terms_from_word(int.from_bytes(row["terms"], "big")),
            commitment=row["commitment"],
            deadline=row["deadline"],
            not_before=not_before_of(row["head"]),
            queue=row["queue"],
            digest=row["digest"],
            approval=_approval(row),
        )
    return Row(
        id=row["id"],
        action=Action(row["action"]),
        contract=row["contract"],
        calldata=row["calldata"],
        order=order,
    )


def not_before_of(head: bytes | None) -> int:
    """Return the first UTC second at which an instruction may settle, from its head; 0 is none."""
    return 0 if head is None else valid_times(int.from_bytes(head, "big"))[0]


def _approval(row: RowMapping) -> Approval | None:
    if row["signature"] is None:
        return None
    return Approval(
        deadline=row["approval_deadline"],
        signature=row["signature"],
        queue_signature=row["queue_signature"],
    )
