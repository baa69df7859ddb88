"""The rules as the operator writes them: a JSON file that names only what is to be otherwise."""

from dataclasses import fields
from typing import Any

import orjson

from node.errors import SettingsInvalid
from settlement.alerting import (
    OF_PAYMENTS,
    BreakAge,
    LimitNearlyUsed,
    QueueAge,
    RoundTrip,
    Rules,
    UnusualAmount,
    ValidatorSilent,
    Velocity,
)

_KINDS: dict[str, type] = {
    "unusual_amount": UnusualAmount,
    "velocity": Velocity,
    "round_trip": RoundTrip,
    "limit_nearly_used": LimitNearlyUsed,
    "queue_age": QueueAge,
    "break_age": BreakAge,
    "validator_silent": ValidatorSilent,
}
_FREEZE_ON = "freeze_on"
# No rule looks at more than is read for it.
_MOST = {"history": 1_000, "history_min": 1_000, "payments_max": 4_999, "blocks": 1_000, "percent": 100}


def rules_of(content: bytes, *, place: str) -> Rules:
    """Return the rules in a file, a null one off; raise `SettingsInvalid` naming what is wrong."""
    try:
        given = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SettingsInvalid(f"{place} is not JSON: {error}") from None
    if not isinstance(given, dict) or not set(given) <= {*_KINDS, _FREEZE_ON}:
        raise SettingsInvalid(f"{place} holds {', '.join(_KINDS)} and {_FREEZE_ON}, and nothing else")
    freeze_on = given.pop(_FREEZE_ON, [])
    if not isinstance(freeze_on, list) or not set(map(str, freeze_on)) <= set(OF_PAYMENTS):
        raise SettingsInvalid(f"{place}: {_FREEZE_ON} is a list of {', '.join(OF_PAYMENTS)}")
    changed = {name: None if value is None else _rule(name, value, place) for name, value in given.items()}
    return Rules(**changed, freeze_on=tuple(freeze_on))


def _rule(name: str, value: Any, place: str) -> Any:
    kind = _KINDS[name]
    known = {each.name for each in fields(kind)}
    if not isinstance(value, dict) or not set(value) <= known:
        raise SettingsInvalid(f"{place}: {name} is null or holds {', '.join(sorted(known))}")
    for field, number in value.items():
        most = _MOST.get(field, 2**31 if field != "amount_min" else 2**63 - 1)
        if type(number) is not int or not 1 <= number <= most:
            raise SettingsInvalid(f"{place}: {name}.{field} is a whole number from 1 to {most}")
    return kind(**value)
