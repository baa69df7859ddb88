"""The keeper's parts, a thread each: what is told must not wait for an hourly comparison, or a receiver."""

from collections.abc import Callable
from contextlib import ExitStack

from node.bootstrap.node import Part
from node.bootstrap.opening import open_vault, read_rules, schemas_by_thread
from node.chain.contracts import Contracts
from node.chain.engines import engine
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.keeper.courier import Courier
from node.keeper.feeder import Feeder
from node.keeper.keeper import Keeper
from node.keeper.reader import Reader
from node.keeper.resolver import Resolver
from node.keeper.watch import Watch
from node.keys.vault import Vault
from node.settings import Settings
from node.store.session import Store


def keeping(
    settings: Settings,
    store: Store,
    chain: Chain,
    *,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    vault: Vault,
    resources: ExitStack,
) -> dict[str, Callable[[], int]]:
    """Return their ticks by name; `resources` closes what they open."""
    courier = Courier(store, vault, clock, random, settings)
    resources.callback(courier.close)
    sealed = engine(settings.engine).sealed
    watch = Watch(store, chain, contracts, clock, settings, rules=read_rules(settings), sealed=sealed)
    return {
        Part.KEEPER: Keeper(store, chain, contracts, clock, settings).tick,
        "feeder": Feeder(store, chain, clock, settings).tick,
        "courier": courier.tick,
        "watch": watch.tick,
        "resolver": Resolver(store, chain, contracts, clock=clock, random=random, settings=settings).tick,
        "reader": Reader(store, clock, random, settings, schemas_by_thread(settings)).tick,
    }


def node_vault(settings: Settings, random: Random, password: bytes | None) -> Vault:
    """Return the vault, under what the keystore's password file says by then, or what was typed at start."""
    if password is None or settings.key_password_file is not None:
        return open_vault(settings, random)
    return open_vault(settings, random, lambda: password)
