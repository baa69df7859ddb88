"""What the database did not do."""

from node.errors.base import NodeError
from settlement.errors import BrokenRule


class StoreError(NodeError):
    """The database did not do what it was asked."""

    status = 503


class StoreUnavailable(StoreError):
    """The database can't be reached, or gave up in the middle."""


class StoreFull(StoreError):
    """The database's disk is full."""


class StoreMismatch(StoreError):
    """The database is not of this node, or of another version."""

    status = 500


class StoreInconsistent(StoreError, BrokenRule):
    """The database refused a row that would break a rule it keeps itself: a fault of ours, or tampering."""

    status = 500
