"""The post of one node: signs letters, brings them to other nodes, and signs what it answers."""

import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from node.chain.contracts import Contracts
from node.clock import Clock, Random
from node.errors import CycleRefused, NodeError
from node.keeper.sending import Message, Sender
from node.keys.signer import LetterSigner
from node.services.circumstances import own_participant
from node.services.cycles.handlers import HANDLERS
from node.services.cycles.progress import advance, ask_call
from node.services.cycles.triggers import due_asset, is_anything_open
from node.services.letters.sending import (
    Outgoing,
    due_letters,
    record_failure,
    record_receipt,
    signing_key,
)
from node.services.letters.taking import take_letter
from node.settings import Settings
from node.store.session import Store
from settlement.errors import InvalidLetter, UnresolvedParty
from settlement.letter import signed, to_sign

# So many recipients are written to at once, and so many letters in one tick.
SENDERS_MAX = 4
_BATCH_MAX = 64
_RECEIPT_BYTES_MAX = 64 * 1024
_LETTER_SECONDS_MAX = 30.0

_log = structlog.get_logger("vostro.exchange")


class Post:
    """Takes and delivers one store's letters. Several may share a store."""

    def __init__(
        self,
        store: Store,
        contracts: Contracts,
        signer: LetterSigner,
        *,
        clock: Clock,
        random: Random,
        settings: Settings,
    ) -> None:
        self._store = store
        self._contracts = contracts
        self._signer = signer
        self._clock = clock
        self._random = random
        self._settings = settings
        self._senders: dict[str, Sender] = {}
        self._pool = ThreadPoolExecutor(SENDERS_MAX, thread_name_prefix="post")

    def close(self) -> None:
        """End the threads after what they are sending."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._hang_up()

    def _hang_up(self) -> None:
        """Close the connections: a node that stops waits for those that others hold open."""
        for sender in self._senders.values():
            sender.close()
        self._senders.clear()

    def take(self, letter: bytes) -> bytes:
        """Take a letter, return its signed receipt; raise `InvalidLetter`, `LetterRefused`, `LetterEarly`."""
        key, said = take_letter(
            self._store, self._settings, self._clock, self._random, letter,
            handlers=HANDLERS, held=set(self._signer.addresses()),
        )  # fmt: skip
        return self._signed(key, said)

    def tick(self) -> int:
        """Deliver what is due and take cycles a step on; return how much was done."""
        at = int(self._clock.now())
        with self._store.snapshot() as connection:
            if not is_anything_open(connection, self._settings, at=at):
                self._hang_up()
                return 0
            try:
                own = own_participant(connection, self._settings).id
            except UnresolvedParty:
                return 0
            due = due_letters(connection, own=own, at=at, count=_BATCH_MAX)
            held = set(self._signer.addresses())
            key = signing_key(connection, own=own, held=held, at=at) if due else None
        delivered = 0
        if key is not None:
            delivered = sum(self._pool.map(lambda each: self._deliver(each, key), due))
        called = self._call_if_due(own, at)
        moved = advance(self._store, self._settings, self._contracts, self._clock, self._random)
        return delivered + called + moved

    def _call_if_due(self, own: int, at: int) -> bool:
        """Call for a cycle when the operator's rule says so."""
        with self._store.snapshot() as connection:
            asset = due_asset(connection, self._settings, own=own, now=at)
        if asset is None:
            return False
        try:
            call = ask_call(
                self._store, self._settings, self._clock, self._random, asset=asset, actor="exchange"
            )
        except CycleRefused as refused:
            _log.info("cycle_not_called", asset=asset, reason=refused.detail)
            return False
        _log.info("cycle_called", asset=asset, call=call)
        return True

    def _deliver(self, sent: Outgoing, key: bytes) -> bool:
        letter = self._signed(key, sent.said)
        error, receipt = self._exchange(sent, letter)
        with self._store.transaction() as connection:
            at = int(self._clock.now())
            try:
                if receipt is not None:
                    record_receipt(connection, sent, letter, receipt, at=at)
                    return True
            except InvalidLetter as found:
                error = found.code
            record_failure(connection, sent, error or "no_answer", at=at)
        _log.info("letter_not_taken", letter=sent.id, recipient=sent.recipient, error=error)
        return False

    def _exchange(self, sent: Outgoing, letter: bytes) -> tuple[str | None, bytes | None]:
        """Return why a letter was not taken, or its receipt."""
        if sent.endpoint is None:
            return "no_endpoint", None
        answer = self._sender(sent.endpoint).send(
            Message(headers={"content-type": "application/jose"}, body=letter)
        )
        if answer.taken:
            return None, answer.body
        return answer.error or f"status_{answer.status}", None

    def _sender(self, endpoint: str) -> Sender:
        """Return the connection to an endpoint; one letter of a recipient is due at a time."""
        found = self._senders.get(endpoint)
        if found is None:
            found = self._senders[endpoint] = Sender(
                endpoint.rstrip("/") + "/letters",
                private_allowed=self._settings.exchange_private_targets,
                seconds_max=_LETTER_SECONDS_MAX,
                answer_bytes_max=_RECEIPT_BYTES_MAX,
                context=_context(self._settings),
            )
        return found

    def _signed(self, key: bytes, said: Mapping[str, Any]) -> bytes:
        given = to_sign(said, key=key)
        return signed(given, self._signer.sign_letter(key, given))


def _context(settings: Settings) -> ssl.SSLContext:
    """Return TLS that believes the usual authorities, or those that the operator names."""
    try:
        return ssl.create_default_context(cafile=settings.exchange_authorities_file)
    except OSError as error:
        raise NodeError(f"VOSTRO_EXCHANGE_AUTHORITIES_FILE can't be read: {error.strerror}") from None
