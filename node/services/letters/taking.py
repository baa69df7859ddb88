"""Letters that come in: checked against the registered keys, worked on once, answered by a receipt.

The same letter gets the same receipt. What a handler refuses is told in the receipt; what is no letter to
this bank gets none.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from node.clock import Clock, Random
from node.errors import LetterRefused
from node.mirror.head import pinned
from node.mirror.registry import key
from node.services.circumstances import own_participant
from node.services.letters.sending import post, signing_key
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import letters_received, participants
from settlement.errors import InvalidLetter, InvalidValue
from settlement.letter import Letter, letter_digest, read_letter
from settlement.participant import KeyRole

# A letter that is older, or so far ahead, is not taken: its sender's clock is to be looked at.
AGE_SECONDS_MAX = 30 * 86_400
_AHEAD_SECONDS_MAX = 300
_ID_CHARACTERS_MAX = 64
_SERIES = "letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A letter that is worked on: who says what, in which transaction. `sender`, `own`: participants."""

    connection: Connection
    settings: Settings
    clock: Clock
    random: Random
    own: int
    sender: int
    content: Mapping[str, Any]
    handlers: Mapping[str, "Handler"]

    @property
    def at(self) -> int:
        """The time, UTC seconds."""
        return int(self.clock.now())

    def say(self, recipient: int, kind: str, content: Mapping[str, Any], *, until: int) -> None:
        """Say something to a participant, by letter; to this bank itself at once."""
        if recipient == self.own:
            self.handlers[kind](replace(self, sender=self.own, content=content))
        else:
            post(
                self.connection, self.clock, self.random, recipient=recipient, kind=kind, content=content,
                until=until,
            )  # fmt: skip


# Does what a letter of a kind asks for, and returns what its receipt says beside that it was taken.
Handler = Callable[[Arrival], Mapping[str, Any]]


def take_letter(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    letter: bytes,
    *,
    handlers: Mapping[str, Handler],
    held: set[bytes],
) -> tuple[bytes, Mapping[str, Any]]:
    """Take a letter; return the address whose key signs its receipt, and what that says.

    Raise `InvalidLetter`, `LetterRefused` for what is not for this bank, or not from whom it says.
    """
    found = read_letter(letter)
    with store.transaction() as connection:
        own = own_participant(connection, settings).id
        at = int(clock.now())
        signer = signing_key(connection, own=own, held=held, at=at)
        if signer is None:
            raise LetterRefused("this node holds no valid pay key, so it can give no receipt")
        sender, identifier = _checked(connection, found, own=own, at=at)
        # Taking none waits for whoever works on a letter now: the same one may come twice at once.
        take_numbers(connection, _SERIES, 0)
        said = _known(connection, sender, identifier, letter)
        if said is None:
            arrival = Arrival(
                connection=connection, settings=settings, clock=clock, random=random, own=own,
                sender=sender, content=found.said["content"], handlers=handlers,
            )  # fmt: skip
            answer = _worked_on(arrival, found.said["kind"], handlers)
            said = _receipt(connection, found, letter, answer, own=own, at=at)
            connection.execute(
                insert(letters_received).values(
                    sender=sender, id=identifier, kind=found.said["kind"], letter=letter.decode(),
                    received_at=at, said=json.dumps(said, separators=(",", ":")),
                )
            )  # fmt: skip
    return signer, said


def _checked(connection: Connection, letter: Letter, *, own: int, at: int) -> tuple[int, str]:
    """Return who sent a letter and its id; raise unless it is for this bank, from whom it says."""
    said, chain = letter.said, pinned(connection)
    sender, identifier, kind, sent_at = (said.get(name) for name in ("from", "id", "kind", "at"))
    if not (
        isinstance(sender, int)
        and isinstance(identifier, str)
        and 0 < len(identifier) <= _ID_CHARACTERS_MAX
        and identifier.isprintable()
        and isinstance(kind, str)
        and isinstance(sent_at, int)
        and isinstance(said.get("content"), dict)
    ):
        raise InvalidLetter("a letter says chain, ledger, from, to, id, kind, at and content")
    if said.get("chain") != chain.chain_id or said.get("ledger") != "0x" + chain.ledger.hex():
        raise LetterRefused("the letter is for another network", param="ledger")
    if said.get("to") != own:
        raise LetterRefused(f"the letter is for participant {said.get('to')}, this is {own}", param="to")
    if not at - AGE_SECONDS_MAX <= sent_at <= at + _AHEAD_SECONDS_MAX:
        raise LetterRefused("the letter's time is too far from now", param="at")
    used = key(connection, letter.key)
    if used is None or used.participant != sender or used.role is not KeyRole.PAY or not used.valid_at(at):
        raise LetterRefused(
            f"0x{letter.key.hex()} is no valid pay key of participant {sender} in the newest mirrored block",
            param="kid",
        )
    suspended = connection.scalar(select(participants.c.suspended).where(participants.c.id == sender))
    if suspended:
        raise LetterRefused(f"participant {sender} is suspended", param="from")
    return sender, identifier


def _known(connection: Connection, sender: int, identifier: str, letter: bytes) -> Mapping[str, Any] | None:
    query = select(letters_received).where(
        letters_received.c.sender == sender, letters_received.c.id == identifier
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if letter_digest(row.letter.encode()) != letter_digest(letter):
        raise LetterRefused(f"another letter came as {identifier}", param="id")
    said: Mapping[str, Any] = json.loads(row.said)
    return said


def _worked_on(arrival: Arrival, kind: str, handlers: Mapping[str, Handler]) -> Mapping[str, Any]:
    """Return what the receipt says; what is refused leaves nothing behind."""
    handler = handlers.get(kind)
    if handler is None:
        return _refused("unknown_kind", f"this node knows no letters of the kind {kind[:40]!r}")
    try:
        with arrival.connection.begin_nested():
            return {"taken": True, "answer": handler(arrival)}
    except (LetterRefused, InvalidLetter, InvalidValue) as error:
        return _refused(error.code, error.detail)


def _refused(code: str, detail: str) -> Mapping[str, Any]:
    return {"taken": False, "refusal": code, "detail": detail}


def _receipt(
    connection: Connection, letter: Letter, raw: bytes, answer: Mapping[str, Any], *, own: int, at: int
) -> Mapping[str, Any]:
    chain = pinned(connection)
    return {
        "chain": chain.chain_id,
        "ledger": "0x" + chain.ledger.hex(),
        "from": own,
        "to": letter.said["from"],
        "id": letter.said["id"],
        "kind": "receipt",
        "at": at,
        "content": {"letter": letter_digest(raw).hex(), **answer},
    }
