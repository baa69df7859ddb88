"""What a key may do after a range of blocks, derived from every event of the registry of participants."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from settlement.errors import InvalidWord, MirrorGap, UnprovenClaim
from settlement.events import Event, decode
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.declared import layout_of
from settlement.evidence.history import KeySubject
from settlement.evidence.receipts import ReceiptBody, ReceiptLog
from settlement.participant import BARS, KEY_EVENTS, Authorisations, Key, Standing, changed_key

_CONTRACT = "Participants"


class Authority:
    """A key on its way through the blocks, from the event that registered it.

    Bars on its participant's debits are told when the range has them; they end no key.
    """

    def __init__(self, subject: KeySubject, checkpoint: Checkpoint) -> None:
        self._subject = subject
        self._address = checkpoint.address(_CONTRACT)
        self._key: Key | None = None
        self._bars: dict[Standing, int] = {}
        self._registered = self._height = self._timestamp = 0

    def read(self, height: int, timestamp: int, receipts: Iterable[ReceiptBody]) -> None:
        """Read all receipts of the next block; raise `UnprovenClaim` for what the contract can't say."""
        self._height, self._timestamp = height, timestamp
        for receipt in receipts:
            for log in receipt.logs:
                if log.address == self._address:
                    self._read_log(height, log)

    def found(self) -> str:
        """Return what the key may do after the last block; raise `UnprovenClaim` unless it is the claim."""
        key, subject = self._key, self._subject
        if key is None:
            raise UnprovenClaim(f"no event of the range registers the key 0x{subject.address.hex()}")
        known = Authorisations(keys={key.address: key}, standings={})
        time = datetime.fromtimestamp(self._timestamp, UTC).isoformat()
        if not known.may_act(subject.address, subject.participant, subject.role, self._timestamp):
            raise UnprovenClaim(
                f"at block {self._height} ({time}) it may not {subject.role.name.lower()} for participant "
                f"{subject.participant}: it is {_described(key)}"
            )
        bars = [f"; {bar.name.lower().replace('_', ' ')} since block {at}" for bar, at in self._bars.items()]
        since = f"{_described(key)}, since block {self._registered}{''.join(bars)}"
        return f"authorised at block {self._height} ({time}): {since}"

    def _read_log(self, height: int, log: ReceiptLog) -> None:
        layout = layout_of(_CONTRACT, log.topics, height)
        if layout.name not in KEY_EVENTS and layout.name not in BARS:
            return
        try:
            event = decode(layout, log.topics, log.data)
            if layout.name in BARS:
                self._bar(height, event)
            elif self._concerns(event):
                self._key = changed_key(event, self._key)
        except (InvalidWord, MirrorGap, ValueError) as error:
            raise UnprovenClaim(f"block {height} has a {layout.name} that can't be: {error}") from None
        if layout.name == "KeyAdded" and self._key is not None and not self._registered:
            self._registered = height

    def _bar(self, height: int, event: Event) -> None:
        if event.fields["participant"] != self._subject.participant:
            return
        bar, stands = BARS[event.name]
        if stands:
            self._bars[bar] = height
        else:
            self._bars.pop(bar, None)

    def _concerns(self, event: Event) -> bool:
        """Tell whether an event registers the key, or changes what was registered."""
        fields: Mapping[str, Any] = event.fields
        if event.name == "KeyAdded":
            return bool(fields["key"] == self._subject.address)
        key = self._key
        return key is not None and (fields["participant"], fields["number"]) == (key.participant, key.number)


def _described(key: Key) -> str:
    until = "and is revoked" if key.revoked else f"until {key.valid_until}"
    return (
        f"key {key.number} of participant {key.participant}, to {key.role.name.lower()}, valid from "
        f"{key.valid_from} {until} (UTC seconds)"
    )
