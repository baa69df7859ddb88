"""Which types of entries there are, and what somebody wants of them, as people write it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from node.mirror.registry import asset_of_currency
from node.services.filters import InvalidFilter
from node.services.streams.chain import ACCOUNT_EVENTS, PARTICIPANT_EVENTS
from node.services.streams.feed import Choice
from settlement.instruction import InstructionKind
from settlement.lifecycle import State
from settlement.money import currency

CHOSEN_MAX = 100
_GROUP = ".*"
_ASSET_MAX = 2**32 - 1

TYPES = frozenset(
    {f"{kind.value}.{state.shown}" for kind in InstructionKind for state in State}
    | {"redemption.requested", "redemption.redeemed", "redemption.refused", "redemption.withdrawn"}
    | {"account.credited", "account.debited", "alert.raised"}
    | {*ACCOUNT_EVENTS.values(), *PARTICIPANT_EVENTS.values()}
)


def types_of(words: Sequence[str]) -> frozenset[str]:
    """Return the types that words name, `payment.*` each of its group; raise `InvalidFilter`."""
    if len(words) > CHOSEN_MAX:
        raise InvalidFilter(f"at most {CHOSEN_MAX} types are chosen", param="types")
    found: set[str] = set()
    for word in words:
        some = {word} & TYPES
        if word.endswith(_GROUP):
            some = {each for each in TYPES if each.startswith(word.removesuffix("*"))}
        if not some:
            raise InvalidFilter(f"{word[:50]!r} is no type of event; see `/openapi.json`", param="types")
        found |= some
    return frozenset(found)


def assets_of(connection: Connection, words: Sequence[str]) -> frozenset[int]:
    """Return the assets that words name, by currency or number; raise `InvalidFilter`, `AssetNotFound`."""
    if len(words) > CHOSEN_MAX:
        raise InvalidFilter(f"at most {CHOSEN_MAX} accounts are chosen", param="accounts")
    return frozenset(_asset(connection, word) for word in words)


def choice_of(connection: Connection, types: Sequence[str], accounts: Sequence[str]) -> Choice:
    """Return what is wanted; raise as the two above do."""
    return Choice(types=types_of(types), assets=assets_of(connection, accounts))


def _asset(connection: Connection, word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= len(str(_ASSET_MAX)):
        if 0 < int(word) <= _ASSET_MAX:
            return int(word)
        raise InvalidFilter(f"{word} is no number of an asset", param="accounts")
    return asset_of_currency(connection, currency(word)).id
