"""`/v1/assets`: what money there is, how much of it, and what waits to be redeemed."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from node.api.auth import Reader
from node.api.context import InContext
from node.services.supply import Supply, supplies

router = APIRouter(prefix="/v1/assets", tags=["assets"])


class Asset(BaseModel):
    """An asset, with amounts in minor units of its currency."""

    id: int = Field(description="Its number on chain", examples=[840])
    currency: str = Field(description="ISO 4217 code", examples=["USD"])
    kind: str = Field(
        description="central_bank_money, commercial_bank_money or another kind of the registry",
        examples=["central_bank_money"],
    )
    issuer: str = Field(description="BIC", examples=["VOCBUS33XXX"])
    business_day: int = Field(description="Its number on the chain")
    supply: str = Field(description="Issued and not redeemed", examples=["1000000000"])
    pending: str = Field(description="Of it, what waits to be redeemed", examples=["0"])


class Assets(BaseModel):
    """Every asset."""

    assets: list[Asset] = Field(description="By number")


@router.get("", summary="What money is there, and how much?")
def list_all(context: InContext, _actor: Reader) -> Assets:
    """Return every registered asset with its supply at the newest mirrored block."""
    return Assets(assets=[_asset(each) for each in supplies(context.store)])


def _asset(each: Supply) -> Asset:
    return Asset(
        id=each.asset.id,
        currency=each.asset.currency.code,
        kind=each.asset.kind.name.lower(),
        issuer=each.issuer.bic,
        business_day=each.asset.business_day,
        supply=str(each.supply),
        pending=str(each.pending),
    )
