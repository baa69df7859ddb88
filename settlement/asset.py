"""What is held: how monies and receivables are told apart, and when their day ends."""

from enum import IntEnum


class AssetKind(IntEnum):
    """As numbered by `Kinds.sol`."""

    CENTRAL_BANK_MONEY = 1
    COMMERCIAL_BANK_MONEY = 2
    RECEIVABLE = 3


class DayRule(IntEnum):
    """When an asset's day ends, as numbered by `Kinds.sol`."""

    BUSINESS_DAY = 1  # when its issuer or the operator closes it
    UTC_DAY = 2  # at midnight UTC
