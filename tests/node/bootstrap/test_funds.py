"""Where gas costs something, a key that runs low is told in time."""

from collections.abc import Callable

import pytest

from node.api.metrics import Metrics
from node.api.readiness import Readiness
from node.bootstrap.funds import FundsProbe
from node.errors import GasUnfunded
from node.settings import Settings
from node.store.session import Store
from node.submitter.batch import GAS_MAX
from tests.simulation.chain import PAY_KEY, PAYER, SECOND_KEY, ModelChain, bic
from tests.simulation.world import world

_STRANGER = b"\x99" * 20


class ChargingChain(ModelChain):
    """Charges for gas; `balances` by key."""

    balances: dict[bytes, int]

    def balance(self, address: bytes) -> int:
        return self.balances.get(address, 0)


@pytest.fixture
def charging(stores: Callable[[str], Store]) -> tuple[ChargingChain, Metrics, FundsProbe]:
    """A chain that charges, the node's numbers, and the probe."""
    made = world(stores("sqlite"))
    chain, metrics = ChargingChain(1), Metrics()
    chain.balances, chain.price = {}, 5
    settings = Settings(bic=bic(PAYER)).model_copy(update={"gas_transactions_min": 10})
    addresses = (PAY_KEY, SECOND_KEY, _STRANGER)
    probe = FundsProbe(
        made.store, chain, addresses=lambda: addresses, clock=made.clock, settings=settings, metrics=metrics
    )
    return chain, metrics, probe


def _numbers(metrics: Metrics) -> dict[str, float]:
    (family,) = metrics.gas_transactions.collect()
    return {sample.labels["key"]: sample.value for sample in family.samples}


def test_free_gas_is_no_concern(charging: tuple[ChargingChain, Metrics, FundsProbe]) -> None:
    """Where nothing is charged a key needs no balance, and nobody is told anything."""
    chain, metrics, probe = charging
    chain.price = 0

    assert probe() is None
    assert {} == _numbers(metrics)


def test_low_balance_is_told(charging: tuple[ChargingChain, Metrics, FundsProbe]) -> None:
    """Below the setting readiness passes with a reason that names the key; enough is silent."""
    chain, metrics, probe = charging
    chain.balances = {PAY_KEY: 10 * GAS_MAX * 5, SECOND_KEY: 10 * GAS_MAX * 5}
    assert probe() is None

    chain.balances[PAY_KEY] -= 1
    readiness = Readiness({"funds": probe})
    (check,) = readiness.checks()
    readiness.close()

    assert check.passed
    assert f"0x{PAY_KEY.hex()} for 9" in str(check.reason)
    assert 9 == _numbers(metrics)["0x" + PAY_KEY.hex()]


def test_empty_key_is_not_ready(charging: tuple[ChargingChain, Metrics, FundsProbe]) -> None:
    """A key that can't pay for one transaction can't do its work; a stranger's has none to do."""
    chain, metrics, probe = charging
    chain.balances = {SECOND_KEY: 10**30}

    with pytest.raises(GasUnfunded, match=PAY_KEY.hex()) as unfunded:
        probe()

    assert _STRANGER.hex() not in unfunded.value.detail
    assert "0x" + _STRANGER.hex() not in _numbers(metrics)
