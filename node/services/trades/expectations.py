"""Trades that this bank expects others to propose, and what was proposed held against them.

A person writes down what was agreed, before or after the proposal comes; matching shows every field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from node.clock import Clock, Random
from node.errors import TradeRefused
from node.services.actors import Actor
from node.services.answers import Answer, Request, once
from node.services.audit import append_audit
from node.services.circumstances import own_participant
from node.services.identifiers import new_id
from node.services.requests import validate_end_to_end_id
from node.services.trades.requests import LegRequest, Parties
from node.settings import Settings
from node.store.session import Store
from node.store.tables import trade_expectations
from settlement.errors import InvalidTrade
from settlement.identifiers import BankReference
from settlement.matching import TOLERANCE_MAX, Matching, match
from settlement.trade import Trade, legs_of, packed_legs

# The newest so many of one counterparty are held against its proposals.
LOOKED_AT_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRequest:
    """A trade as it is expected. `counterparty`: who is to propose it; the tolerance is on amounts."""

    counterparty: BankReference
    legs: Sequence[LegRequest]
    reference: str
    tolerance_basis_points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedExpectation:
    """The expectation that is most like a proposal, and how they compare."""

    id: str
    reference: str
    tolerance_basis_points: int
    matching: Matching


def expect(
    store: Store,
    settings: Settings,
    *,
    clock: Clock,
    random: Random,
    request: Request,
    asked: ExpectedRequest,
    actor: Actor,
) -> Answer:
    """Keep what is expected of a counterparty; the first answer again if it was kept before."""
    validate_end_to_end_id(asked.reference)
    if not 0 <= asked.tolerance_basis_points <= TOLERANCE_MAX:
        raise InvalidTrade(
            f"a tolerance has 0 to {TOLERANCE_MAX} basis points", param="tolerance_basis_points"
        )

    def keep(connection: Connection, at: int) -> str:
        parties, own = Parties(connection), own_participant(connection, settings)
        legs, initiator = parties.legs(asked.legs), parties.bank(asked.counterparty)
        if initiator.id == own.id:
            raise TradeRefused("what this bank proposes itself is not expected of others: propose it")
        identifier = new_id("exp", clock, random)
        connection.execute(
            insert(trade_expectations).values(
                id=identifier, initiator=initiator.id, legs=packed_legs(legs),
                tolerance_basis_points=asked.tolerance_basis_points, reference=asked.reference,
                created_at=at, created_by=actor.id,
            )
        )  # fmt: skip
        append_audit(
            connection, at=at, actor=actor.id, action="trade_expected", subject=identifier,
            detail={"legs": len(legs)},
        )  # fmt: skip
        return identifier

    return once(
        store, clock, request, keep, lambda identifier: orjson.dumps({"id": identifier}),
        status=HTTPStatus.CREATED,
    )  # fmt: skip


def best_match(connection: Connection, trade: Trade) -> MatchedExpectation | None:
    """Return the expectation of a proposal's initiator that differs least, the newest of equals; or None."""
    query = (
        select(trade_expectations)
        .where(trade_expectations.c.initiator == trade.initiator)
        .order_by(trade_expectations.c.id.desc())
        .limit(LOOKED_AT_MAX)
    )
    rows = connection.execute(query).mappings().all()
    compared = [_compared(row, trade) for row in rows]
    return min(compared, key=lambda each: _unlikeness(each.matching), default=None)


def _compared(row: RowMapping, trade: Trade) -> MatchedExpectation:
    tolerance = row["tolerance_basis_points"]
    return MatchedExpectation(
        id=row["id"],
        reference=row["reference"],
        tolerance_basis_points=tolerance,
        matching=match(legs_of(row["legs"]), trade.legs, tolerance_basis_points=tolerance),
    )


def _unlikeness(matching: Matching) -> tuple[bool, int]:
    return not matching.matched, len(matching.differences)
