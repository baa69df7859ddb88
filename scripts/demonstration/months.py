"""The thirteen months before today, and what each bank pays in them: the same in every demo."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scripts.demonstration.cast import BANKS, Player
from settlement.identifiers import BankReference

MONTHS = 13
_DAY_AT_MOST = 28  # every month has it
_HOUR = 10

# What each bank pays every month: currency, minor units in the first month, growth a month; debtor,
# creditor; purpose and what it is for. The payee alternates between the other two.
_HABITS = (
    ("USD", 1_250_000_00, 17_350_41,
     "Halvorsen Marine Equipment Inc.", "Bergmann & Söhne", "SUPP", "Framework order"),
    ("EUR", 3_480_000_00, -41_200_07,
     "Maschinenfabrik Löwe AG", "Cascade Optics Inc", "GDDS", "Lieferungen des Monats"),
    ("JPY", 310_500_000, 4_125_333,
     "東海道重工業株式会社", "Maschinenfabrik Löwe AG", "SCVE", "保守契約"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One payment of a month, as the API takes it. `amount` in minor units."""

    bank: Player
    payee: BankReference
    currency: str
    amount: int
    end_to_end_id: str
    debtor: str
    creditor: str
    purpose: str
    remittance: str


def start_of(now: float) -> float:
    """Return when the demo starts: at the same hour thirteen months before `now` (UTC seconds)."""
    today = datetime.fromtimestamp(now, UTC)
    count = today.year * 12 + today.month - 1 - MONTHS
    return today.replace(year=count // 12, month=count % 12 + 1, day=min(today.day, _DAY_AT_MOST)).timestamp()


def mornings(start: float) -> Iterator[datetime]:
    """Yield a business morning of each of the thirteen months after `start` (UTC seconds), oldest first."""
    first = datetime.fromtimestamp(start, UTC).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    for number in range(MONTHS):
        morning = first + timedelta(days=1 + 30 * number)
        while morning.isoweekday() > 5:  # no business on Saturday and Sunday
            morning += timedelta(days=1)
        yield morning


def habits(number: int, month: datetime) -> tuple[Habit, ...]:
    """Return the payments of a month (its `number` counts from 0): each bank pays in its own currency."""
    made = []
    for place, bank in enumerate(BANKS):
        code, amount, growth, debtor, creditor, purpose, remittance = _HABITS[place]
        payee = BANKS[(place + 1 + number % 2) % len(BANKS)]
        made.append(
            Habit(
                bank=bank,
                # Named in turn by each of its names, as bank's systems do.
                payee=(
                    BankReference(bic=payee.bic),
                    BankReference(lei=payee.lei),
                    BankReference(member=payee.members[0]),
                )[number % 3],
                currency=code,
                amount=amount + growth * number,
                end_to_end_id=f"{month:%Y-%m}/{purpose}/{place + 1}",
                debtor=debtor,
                creditor=creditor,
                purpose=purpose,
                remittance=f"{remittance} {month:%m/%Y}",
            )
        )
    return tuple(made)
