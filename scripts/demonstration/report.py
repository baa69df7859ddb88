"""What the demo prints: who took part, what was paid, what everybody has now, and one line of JSON."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from scripts.demonstration import netting
from scripts.demonstration.cast import BANKS, CENTRAL_BANK, CURRENCIES, Player
from scripts.demonstration.checks import Findings
from scripts.demonstration.ground import Ground
from scripts.demonstration.netting import Netted
from scripts.demonstration.nodes import Actor
from scripts.demonstration.place import Place
from scripts.demonstration.play import SentFile
from settlement.money import currency, decimal_text

_WIDTH = 132  # where the output is no terminal


class Report:
    """Prints to standard output; its last line is JSON."""

    def __init__(self) -> None:
        self._console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what is being done while it is done, and how long it took."""
        started = time.monotonic()
        with self._console.status(text):
            yield
        seconds = time.monotonic() - started
        self._console.print(f"[green]✓[/green] {text} [dim]({seconds:.1f} s)[/dim]", highlight=False)

    def day(self, files: Sequence[SentFile], findings: Findings) -> None:
        """Print what became of the payments, history and files apart, and of each bank's balances."""
        self._payments(files, findings)
        self._rejections(findings)
        self._gridlock(findings.run)
        self._exchange(findings.trade)
        self._netting(findings.netted)
        self._balances(files, findings)
        if not findings.breaks:
            self._console.print(
                "[green]No breaks:[/green] chain, ledgers, statements and the four mirrors agree; "
                "a payment of each bank is proven against the central bank's checkpoint.",
                highlight=False,
            )
        for found in findings.breaks:
            self._console.print(f"[red]break[/red] {found}", highlight=False)

    def places(self, actors: Sequence[Actor], place: Place, ground: Ground) -> None:
        """Print where everything is: URLs, tokens, files."""
        self._line("\nNodes, each with its API and a description of it at /openapi.json\n")
        for actor in actors:
            self._line(f"  {actor.player.name}, {actor.player.bic}: {actor.system.url}")
            for role, token in actor.tokens.items():
                self._line(f"    {role:8} {token}")
        self._line("")
        self._line(
            f"Everything is in {place.folder}: keys, databases, tokens, statements (camt.053, pacs.002), "
            f"evidence and checkpoint.json for `vostro verify`, "
            f"nodes.log; the chain is {ground.engine}'s, block {ground.chain.final_height()}."
        )
        bank = actors[1]
        token = f"$(cat {place.secret(bank.player, 'auditor.token')})"
        self._line(f'Try: curl -H "Authorization: Bearer {token}" {bank.system.url}/v1/accounts')

    def closing(self, findings: Findings, ground: Ground, place: Place, seconds: float) -> None:
        """Print the one line of JSON, its values in minor units."""
        payments = findings.payments
        settled = [payment for payment in payments if payment["state"] == "settled"]
        line = {
            "payments": len(payments),
            "from_files": sum(payment["file_id"] is not None for payment in payments),
            "settled": len(settled),
            "rejected": sum(payment["state"] == "rejected" for payment in payments),
            "value": {
                code: str(sum(int(payment["amount"]) for payment in settled if payment["currency"] == code))
                for code in CURRENCIES
            },
            "unlocked": {
                name: findings.run[name] for name in ("waiting", "settled_value", "bound", "method")
            },
            "netted": {
                "payments": findings.netted.payments,
                "value": str(findings.netted.value),
                "paid": str(sum(net for net in findings.netted.nets.values() if net > 0)),
            },
            "breaks": len(findings.breaks),
            "blocks": ground.chain.final_height(),
            "seconds": round(seconds, 1),
            "folder": str(place.folder),
        }
        print(json.dumps(line), flush=True)

    def _line(self, text: str) -> None:
        """Print as it is: what people copy must not be wrapped or coloured."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _payments(self, files: Sequence[SentFile], findings: Findings) -> None:
        table = _table("Payments", ("bank", "what", ""), ("number", "settled", "rejected", "value settled"))
        banks = {bank.bic: bank for bank in BANKS}
        names = {file.file_id: file.name for file in files}
        groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
        for payment in reversed(findings.payments):
            what = names.get(payment["file_id"], "through the API")
            groups.setdefault((payment["payer"], what, payment["currency"]), []).append(payment)
        for (bank, what, code), some in sorted(groups.items()):
            states = Counter(payment["state"] for payment in some)
            value = sum(int(payment["amount"]) for payment in some if payment["state"] == "settled")
            counts = (len(some), states["settled"], states["rejected"])
            table.add_row(_short(banks[bank]), what, code, *map(str, counts), _money(value, code))
        self._console.print(table)

    def _gridlock(self, run: Any) -> None:
        """Print what waited and what unlocked it."""
        code = run["currency"]
        money = sum(bank.money[code] for bank in BANKS)
        self._console.print(
            f"[green]unlocked[/green] {run['waiting']} queued payments of "
            f"{_money(int(run['settled_value']), code)} {code} in all, by {run['method']}, "
            f"with {_money(money, code)} {code} of money among the three banks",
            highlight=False,
        )

    def _exchange(self, trade: Any) -> None:
        """Print what two banks exchanged, and that it was what was expected."""
        legs = " against ".join(
            f"{_money(int(leg['amount']), leg['currency'])} {leg['currency']} from {leg['payer']}"
            for leg in trade["legs"]
        )
        matched = "as expected" if trade["matching"]["matched"] else "otherwise than expected"
        self._console.print(f"[green]exchanged[/green] {legs}: {matched}, settled together", highlight=False)

    def _netting(self, netted: Netted) -> None:
        """Print what a cycle came to."""
        left = sum(net for net in netted.nets.values() if net > 0)
        self._console.print(
            f"[green]netted[/green] {netted.payments} payments of {_money(netted.value, netting.CURRENCY)} "
            f"{netting.CURRENCY} in one cycle, by moving {_money(left, netting.CURRENCY)} {netting.CURRENCY}",
            highlight=False,
        )

    def _rejections(self, findings: Findings) -> None:
        for payment in findings.payments:
            if payment["state"] == "rejected":
                amount = f"{_money(int(payment['amount']), payment['currency'])} {payment['currency']}"
                self._console.print(
                    f"[yellow]rejected[/yellow] {payment['end_to_end_id']}: {amount} from {payment['payer']} "
                    f"to {payment['payee']}: {payment['reason']}",
                    highlight=False,
                )

    def _balances(self, files: Sequence[SentFile], findings: Findings) -> None:
        table = _table(
            f"{max(file.day for file in files)} in each bank's camt.053, as read back",
            ("bank",),
            ("before", "in", "out", "after"),
        )
        for bank_day in findings.days:
            totals = bank_day.totals
            amounts = (totals.opening, totals.credits, totals.debits, totals.closing)
            if totals.currency == CURRENCIES[0]:
                table.add_row(_short(bank_day.actor.player))
            table.add_row(
                f"  {totals.currency}",
                *(_money(amount, totals.currency) for amount in amounts),
                end_section=totals.currency == CURRENCIES[-1],
            )
        self._console.print(table)


def issued_text() -> str:
    """Return what the central bank issues at the start, in words."""
    sums = {code: sum(bank.money.get(code, 0) for bank in BANKS) for code in CURRENCIES}
    amounts = ", ".join(f"{_money(amount, code)} {code}" for code, amount in sums.items())
    return f"{CENTRAL_BANK.name} issues {amounts}"


def _table(title: str, names: Sequence[str], figures: Sequence[str] = ()) -> Table:
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for name in names:
        table.add_column(name, overflow="fold")
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(player: Player) -> str:
    """Return a bank's name as a column has room for."""
    return player.key.capitalize()


def _money(amount: int, code: str) -> str:
    """Write minor units for people: 1234567 of USD is 12,345.67."""
    whole, point, fraction = decimal_text(amount, currency(code)).partition(".")
    return f"{int(whole):,}{point}{fraction}"
