"""A network set up by commands alone, as its operator and a bank type them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.chain.compiled import CONTRACTS
from tests.chains import Anvil
from tests.e2e.ground import PASSWORD, Commands, until
from tests.scenario import BANKS, OPERATOR

_WAIT = ("--wait", "60")


class Desk(Commands):
    """The commands of one participant, as JSON."""

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json; it must succeed."""
        return json.loads(self.command(*arguments, "--json").stdout)


@pytest.fixture
def desks(anvil: Callable[..., Anvil], tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    """A function that gives a participant its desk, on one anvil."""
    chain = anvil()
    (tmp_path / "password").write_text(PASSWORD)
    made: list[Desk] = []

    def make(bic: str) -> Desk:
        made.append(
            Desk(
                tmp_path / f"{bic}.log",
                {
                    "VOSTRO_BIC": bic,
                    "VOSTRO_HOME": str(tmp_path / bic),
                    "VOSTRO_ENGINE": "anvil",
                    "VOSTRO_RPC_URL": chain.url,
                    "VOSTRO_DEPLOYMENT_FILE": str(tmp_path / "deployment.json"),
                    "VOSTRO_KEY_PASSWORD_FILE": str(tmp_path / "password"),
                    "VOSTRO_DEMO": "true",
                    "VOSTRO_PORT": "0",
                },
            )
        )
        return made[-1]

    yield make
    for desk in made:
        desk.kill()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_from_the_first_key_to_a_redemption(desks: Callable[[str], Desk]) -> None:
    """Deployed twice (the second finds the first), admitted, funded, suspended, redeemed, and withdrawn."""
    operator, bank = desks(OPERATOR.bic), desks(BANKS[0].bic)
    administer, pay, banks_own = (
        desk.json("keys", "new")[0]["address"] for desk in (operator, operator, bank)
    )
    deploy = ("deploy", "--operator", administer, "--guardian", pay, "--delay", "0")
    first, second = operator.json(*deploy), operator.json(*deploy)
    assert [True, False] == [first.pop("made"), second.pop("made")]
    assert first == second

    admit = ("participants", "admit", OPERATOR.bic, "--kind", "operator", "--lei", OPERATOR.lei)
    operator.command(*admit, "--administer", administer, "--pay", pay, "--signer", administer)
    operator.start()
    until(lambda: operator.json("participants", "list"))
    # The deployment takes a block for each transaction, and the next admits.
    assert [[], [("pay", pay), ("administer", administer)]] == [
        [(key["role"], key["address"]) for key in operator.json("participants", "authorised", height)]
        for height in (str(len(CONTRACTS) + 1), str(len(CONTRACTS) + 2))
    ]
    operator.command("participants", "thresholds", OPERATOR.bic, "USD=1000000000.00", *_WAIT)
    admit = ("participants", "admit", BANKS[0].bic, "--lei", BANKS[0].lei, "--member", "USABA:011104238")
    operator.command(*admit, "--pay", banks_own, *_WAIT)
    operator.command("participants", "thresholds", BANKS[0].bic, "USD=1000000.00", *_WAIT)
    operator.command("assets", "register", "USD", OPERATOR.bic, *_WAIT)
    operator.command("assets", "open", "USD", BANKS[0].bic, *_WAIT)
    operator.command("issue", "USD", BANKS[0].bic, "1000.00")

    bank.start()
    until(lambda: bank.json("assets", "list"))
    until(lambda: _available(bank) == "100000")
    for block, lift in (
        ("assets freeze USD", "assets unfreeze USD"),
        ("participants suspend", "participants resume"),
    ):
        for command in (block, lift):
            operator.command(*command.split(), BANKS[0].bic, *_WAIT)

    bank.command("redeem", "USD", "400.00")
    until(lambda: operator.json("redemptions", "list"))
    (asked,) = operator.json("redemptions", "list")
    assert "40000" == asked["amount"]
    operator.command("redemptions", "confirm", BANKS[0].bic, str(asked["sequence"]))
    until(lambda: operator.json("redemptions", "list") == [])
    until(lambda: _available(bank) == "60000")
    assert (
        1
        == operator.command(
            "redemptions", "refuse", BANKS[0].bic, str(asked["sequence"]), check=False
        ).returncode
    )

    bank.command("redeem", "USD", "100.00")
    until(lambda: bank.json("redemptions", "list"))
    (asked,) = bank.json("redemptions", "list")
    bank.command("redemptions", "withdraw", str(asked["sequence"]))
    until(lambda: bank.json("redemptions", "list") == [])
    until(lambda: _available(bank) == "60000")
    until(lambda: operator.json("redemptions", "list") == [])
    for desk in (operator, bank):
        assert "0 breaks" in desk.command("reconcile").stdout
        rebuilt = desk.json("rebuild")
        assert 13 == len(rebuilt["digests"])
        assert rebuilt["digests"] == rebuilt["rebuilt"]
        desk.command("audit", "verify")
        assert [] == desk.json("incidents")
        assert 0 == desk.stop()


def _available(desk: Desk) -> object:
    accounts = desk.json("accounts")
    return accounts[0]["available"] if accounts else None
