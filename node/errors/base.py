"""The base of the node's errors, those of no group, and the status that answers each."""

from typing import ClassVar

from settlement.errors import (
    AmbiguousParticipant,
    BrokenRule,
    FaultyMessage,
    InvalidMessage,
    InvalidValue,
    MessageTooLarge,
    SettlementError,
    UnresolvedParty,
)


class NodeError(SettlementError):
    """The base of everything the node expects to go wrong."""

    status: ClassVar[int] = 500


class LeaseLost(NodeError):
    """Another process writes with this key now; what this one was about to sign is not signed."""

    status = 503


class SettingsInvalid(NodeError):
    """A setting is missing or can't be used."""


class WriterStopped(NodeError):
    """A rule was found broken: nothing is signed until a person has looked (R10)."""

    status = 503


_DOMAIN_STATUS: tuple[tuple[type[SettlementError], int], ...] = (
    (MessageTooLarge, 413),
    (FaultyMessage, 400),
    (InvalidMessage, 400),
    (InvalidValue, 400),
    (AmbiguousParticipant, 400),
    (UnresolvedParty, 400),
    (BrokenRule, 500),
)


def status_of(error: SettlementError) -> int:
    """Return the HTTP status that answers an expected error, the domain's included."""
    if isinstance(error, NodeError):
        return error.status
    return next((status for kind, status in _DOMAIN_STATUS if isinstance(error, kind)), 500)
