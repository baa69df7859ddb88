"""`/v1/reports`: liquidity, what is issued, and the regulator's extract, each in several forms."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from node.api.auth import Overseer, Reader
from node.api.context import InContext
from node.api.queries import ExtractQuery, MoneyReportQuery, ReportQuery
from node.api.schemas import Report
from node.services.exports.forms import FORMS
from node.services.issued import issuer_report
from node.services.liquidity import own_liquidity
from node.services.regulator import regulator_extract
from settlement.export import Export

router = APIRouter(prefix="/v1/reports", tags=["reports"])

_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {form.media_type: {} for form in FORMS.values() if form.name != "json"},
        "description": "The report in the form that `format` asks for",
    }
}


@router.get("/liquidity", response_model=Report, responses=_FORMS, summary="How liquid was this bank?")
def liquidity(context: InContext, _actor: Reader, query: Annotated[MoneyReportQuery, Query()]) -> Response:
    """Return each day's liquidity at the start, deepest use and throughput by hour (BCBS 248)."""
    found = own_liquidity(
        context.store,
        context.settings,
        context.chain,
        context.clock,
        code=query.currency,
        first=query.first_day(),
        last=query.last_day(),
    )
    return _written(found, query.format)


@router.get("/issuer", response_model=Report, responses=_FORMS, summary="What has this bank issued?")
def issuer(context: InContext, _actor: Reader, query: Annotated[ReportQuery, Query()]) -> Response:
    """Return supply, issues and redemptions of what this bank issues, and the redemptions that wait."""
    found = issuer_report(
        context.store,
        context.settings,
        context.chain,
        context.clock,
        first=query.first_day(),
        last=query.last_day(),
    )
    return _written(found, query.format)


@router.get("/regulator", response_model=Report, responses=_FORMS, summary="What has settled at all?")
def regulator(context: InContext, _actor: Overseer, query: Annotated[ExtractQuery, Query()]) -> Response:
    """Return every leg that settled, whoever's, as the chain has it; no documents."""
    found = regulator_extract(
        context.store,
        context.chain,
        context.clock,
        code=query.currency,
        first=query.first_day(),
        last=query.last_day(),
    )
    return _written(found, query.format)


def _written(export: Export, name: str) -> Response:
    form = FORMS[name]
    return Response(form.write(export), media_type=form.media_type)
