"""A history file: every receipt of a range of blocks, so that nothing of what they hold can be left out.

Lines of JSON, each an object. The first says what is proven of blocks `first` … `last`: the entries of an
account, or the authority of a key. Then comes a line for each block in ascending order, from the first block
or the checkpoint's to the last or the checkpoint's: its header, and in the range all its receipts as they
stand in its trie. Whoever reads it needs one line in memory at a time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from settlement.errors import InvalidBundle, InvalidWord
from settlement.evidence import files
from settlement.netting import Cycle
from settlement.participant import KeyRole
from settlement.posting import Bucket

LINE_BYTES_MAX = 64 * 1024 * 1024
HISTORY_BYTES_MAX = 8 * 1024 * 1024 * 1024
BLOCKS_MAX = 1_000_000
_RECEIPTS_MAX, _CYCLES_MAX = 100_000, 100_000
_FORMAT, _VERSION = "vostro.history", 1
_BEGINNING = f'{{"format": "{_FORMAT}", '.encode()
_FIELDS = ("format", "version", "chain_id", "first", "last", "of")
_ACCOUNT_FIELDS = ("account", "participant", "opening", "closing", "cycles")
_KEY_FIELDS = ("key", "participant", "role")

Balances: TypeAlias = Mapping[Bucket, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSubject:
    """An account with its balances before and after the range, and the cycles that settled in it."""

    asset: int
    participant: int
    opening: Balances
    closing: Balances
    cycles: tuple[Cycle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySubject:
    """A key that was registered in the range and may act in this role, for this participant, after it."""

    address: bytes
    participant: int
    role: KeyRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first line. Heights include both ends."""

    chain_id: int
    first: int
    last: int
    subject: AccountSubject | KeySubject


def is_history(line: bytes) -> bool:
    """Tell whether a file that begins with this line is a history."""
    return line.startswith(_BEGINNING)


def read_head(line: bytes) -> Head:
    """Read the first line; raise `InvalidBundle`."""
    refused = InvalidBundle
    found = files.read_json(line, bytes_max=LINE_BYTES_MAX, refused=refused)
    files.require_fields(found, _FIELDS, refused=refused)
    version = found["version"]
    if found["format"] != _FORMAT or type(version) is not int or version != _VERSION:
        raise refused(f"the file is no {_FORMAT} of version {_VERSION}", param="version")
    first, last = (files.whole(found, name, refused=refused) for name in ("first", "last"))
    if not 0 <= last - first < BLOCKS_MAX:
        raise refused(f"{first} to {last} is no range of 1 to {BLOCKS_MAX} blocks", param="last")
    subject = found["of"]
    if not isinstance(subject, dict):
        raise refused("it does not say of what it is", param="of")
    return Head(
        chain_id=files.whole(found, "chain_id", refused=refused),
        first=first,
        last=last,
        subject=_key(subject) if "key" in subject else _account(subject),
    )


def write_head(head: Head) -> bytes:
    """Return the first line."""
    fields: dict[str, object] = {
        "format": _FORMAT,
        "version": _VERSION,
        "chain_id": head.chain_id,
        "first": head.first,
        "last": head.last,
    }
    of, subject = dict[str, object](), head.subject
    if isinstance(subject, KeySubject):
        of["key"], of["participant"] = "0x" + subject.address.hex(), subject.participant
        of["role"] = subject.role.name.lower()
    else:
        of["account"], of["participant"] = subject.asset, subject.participant
        for name, balances in (("opening", subject.opening), ("closing", subject.closing)):
            of[name] = {bucket.value: str(balances[bucket]) for bucket in Bucket}
        of["cycles"] = ["0x" + cycle.words.hex() for cycle in subject.cycles]
    return _line(fields | {"of": of})


def read_block(line: bytes, *, within: bool) -> tuple[bytes, tuple[bytes, ...]]:
    """Read a block's line: its header, and `within` the range its receipts; raise `InvalidBundle`."""
    refused = InvalidBundle
    found = files.read_json(line, bytes_max=LINE_BYTES_MAX, refused=refused)
    files.require_fields(found, ("header", "receipts") if within else ("header",), refused=refused)
    given = files.octets(found["header"], "header", refused=refused)
    if not within:
        return given, ()
    return given, files.octets_list(found, "receipts", count_max=_RECEIPTS_MAX, refused=refused)


def write_block(header: bytes, receipts: Sequence[bytes] | None) -> bytes:
    """Return a block's line; `receipts` is None outside the range."""
    fields: dict[str, object] = {"header": "0x" + header.hex()}
    if receipts is not None:
        fields["receipts"] = ["0x" + each.hex() for each in receipts]
    return _line(fields)


def _line(fields: dict[str, object]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _key(found: dict[str, Any]) -> KeySubject:
    refused = InvalidBundle
    files.require_fields(found, _KEY_FIELDS, refused=refused)
    roles = {role.name.lower(): role for role in KeyRole}
    if not isinstance(found["role"], str) or found["role"] not in roles:
        raise refused(f"a role is one of {', '.join(roles)}", param="role")
    return KeySubject(
        address=files.octets(found["key"], "key", 20, refused=refused),
        participant=files.whole(found, "participant", refused=refused),
        role=roles[found["role"]],
    )


def _account(found: dict[str, Any]) -> AccountSubject:
    refused = InvalidBundle
    files.require_fields(found, _ACCOUNT_FIELDS, refused=refused)
    cycles = files.octets_list(found, "cycles", count_max=_CYCLES_MAX, refused=refused)
    try:
        for words in cycles:
            Cycle(words=words).validate()
    except InvalidWord as error:
        raise refused(error.detail, param="cycles") from None
    return AccountSubject(
        asset=files.whole(found, "account", refused=refused),
        participant=files.whole(found, "participant", refused=refused),
        opening=_balances(found, "opening"),
        closing=_balances(found, "closing"),
        cycles=tuple(Cycle(words=words) for words in cycles),
    )


def _balances(found: dict[str, Any], name: str) -> Balances:
    given = found[name]
    if not isinstance(given, dict):
        raise InvalidBundle(f"{name} is no object of balances", param=name)
    files.require_fields(given, [bucket.value for bucket in Bucket], refused=InvalidBundle)
    return {bucket: files.minor_units(given, bucket.value, refused=InvalidBundle) for bucket in Bucket}
