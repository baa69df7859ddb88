"""The courier: delivers the feed to its receivers, signed as Standard Webhooks has it, in bounded ticks."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from standardwebhooks import Webhook

from node.clock import Clock, Random
from node.keeper.sending import MESSAGE_SECONDS_MAX, Message, Resolve, Sender, resolve
from node.keys.vault import Vault
from node.services.streams.deliveries import Claim, Delivery, claim, is_due, record
from node.services.streams.feed import Entry
from node.settings import Settings
from node.store.session import Store

# So many receivers are sent to at once; these threads use neither store nor chain.
SENDERS_MAX = 4
# A claim is not begun again after so long: what is left is due at the next tick.
CLAIM_SECONDS_MAX = 30

_log = structlog.get_logger("vostro.keeper")


class Courier:
    """Delivers what one store's feed tells. Several may share a store."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Clock,
        random: Random,
        settings: Settings,
        *,
        resolve_name: Resolve = resolve,
        message_seconds_max: float = MESSAGE_SECONDS_MAX,
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._random = random
        self._private_allowed = settings.webhook_private_targets
        self._resolve = resolve_name
        self._message_seconds_max = message_seconds_max
        self._senders = ThreadPoolExecutor(SENDERS_MAX, thread_name_prefix="courier")

    def close(self) -> None:
        """End the threads after what they are sending."""
        self._senders.shutdown(wait=False, cancel_futures=True)

    def tick(self) -> int:
        """Send some of what is due and return how many attempts that were."""
        at = int(self._clock.now())
        with self._store.snapshot() as connection:
            if not is_due(connection, at=at):
                return 0
        self._vault.ready()
        with self._store.transaction() as connection:
            claims = claim(connection, self._vault, at=at)
        sent = list(self._senders.map(self._deliver, claims))
        for claimed, deliveries in zip(claims, sent, strict=True):
            with self._store.transaction() as connection:
                now = int(self._clock.now())
                because = record(connection, self._random, claimed, deliveries, at=now)
            if because is not None:
                _log.error("webhook_disabled", webhook=claimed.receiver.id, reason=because)
        return sum(len(deliveries) for deliveries in sent)

    def _deliver(self, claimed: Claim) -> list[Delivery]:
        """Send one after the other until one fails."""
        sender = Sender(
            claimed.receiver.url,
            private_allowed=self._private_allowed,
            resolve_name=self._resolve,
            seconds_max=self._message_seconds_max,
        )
        try:
            return list(self._attempts(sender, claimed))
        finally:
            sender.close()

    def _attempts(self, sender: Sender, claimed: Claim) -> Iterator[Delivery]:
        attempt, until = claimed.receiver.attempts + 1, self._clock.now() + CLAIM_SECONDS_MAX
        for entry in (*claimed.again, *claimed.entries):
            at = int(self._clock.now())
            sent = sender.send(signed_message(entry, claimed.secrets, at=at))
            yield Delivery(
                position=entry.position,
                event_id=entry.id,
                attempt=attempt,
                at=at,
                status=sent.status,
                error=sent.error,
                milliseconds=sent.milliseconds,
                taken=sent.taken,
                gone=sent.gone,
            )
            if not sent.taken or self._clock.now() > until:
                return
            attempt = 1


def signed_message(entry: Entry, secrets: Sequence[str], *, at: int) -> Message:
    """Return an entry as the Standard Webhooks scheme sends it: a signature by each secret."""
    moment = datetime.fromtimestamp(at, UTC)
    signatures = [Webhook(secret).sign(entry.id, moment, entry.body) for secret in secrets]
    return Message(
        headers={
            "webhook-id": entry.id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(signatures),
        },
        body=entry.body.encode(),
    )
