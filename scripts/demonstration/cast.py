"""Who plays: a central bank that issues the money and operates the ledger, and three banks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from settlement.identifiers import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """One node of the demo. `money` is issued to it at first, in minor units by currency code."""

    key: str  # its folder, and the name of its tokens
    name: str
    bic: str
    lei: str
    members: tuple[MemberId, ...] = ()
    money: Mapping[str, int] = field(default_factory=dict)
    file: str | None = None  # what it sends today, in `files/`


CENTRAL_BANK = Player(
    key="central-bank",
    name="Vostro Settlement Operator",
    bic="VSTOLULLXXX",
    lei="222100VSTRSETTLEM158",
)
BANKS = (
    Player(
        key="meridian",
        name="Meridian National Bank, N.A.",
        bic="MRDNUS33XXX",
        lei="549300QX7MRDN4T2K843",
        members=(MemberId(system="USABA", member="021409583"),),
        money={"USD": 750_000_000_00, "EUR": 60_000_000_00, "JPY": 4_000_000_000},
        file="meridian_usd.xml",
    ),
    Player(
        key="rheinische",
        name="Rheinische Handelsbank AG",
        bic="RHHBDEDKXXX",
        lei="529900RH5HB3D8E1K761",
        members=(MemberId(system="USABA", member="026009315"), MemberId(system="DEBLZ", member="37044019")),
        money={"USD": 90_000_000_00, "EUR": 420_000_000_00, "JPY": 2_500_000_000},
        file="rheinische_eur.xml",
    ),
    Player(
        key="toto",
        name="Toto Bank, Ltd.",
        bic="TOTOJPJTXXX",
        lei="353800T0T9BK6J2P4Y82",
        members=(MemberId(system="USABA", member="026008471"), MemberId(system="JPZGN", member="0397")),
        money={"USD": 80_000_000_00, "EUR": 45_000_000_00, "JPY": 30_000_000_000},
        file="toto_jpy.xml",
    ),
)
PLAYERS = (CENTRAL_BANK, *BANKS)
CURRENCIES = ("USD", "EUR", "JPY")
