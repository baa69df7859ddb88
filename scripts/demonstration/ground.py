"""The chain that a demo stands on: embedded and gone with it, or anvil with its state in a file."""

from collections.abc import Callable
from dataclasses import dataclass

from node.chain.connect import connect
from node.chain.endpoint import Endpoint
from node.chain.engines import engine
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from scripts.demonstration.anvil import Anvil
from scripts.demonstration.clock import DemoClock
from scripts.demonstration.months import start_of
from scripts.demonstration.place import Place

_RPC_SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The chain, its clock, and how a node is told of it (`rpc_url` None: the nodes share `chain`)."""

    chain: Chain
    clock: DemoClock
    engine: str
    rpc_url: str | None
    set_time: Callable[[float], None]
    stop: Callable[[], None]


def embedded(today: float) -> Ground:
    """Return a new chain in this process, thirteen months before `today` (UTC seconds)."""
    clock = DemoClock(start_of(today))
    chain = connect(engine="eth-tester", rpc_url=None, timeout=_RPC_SECONDS_MAX, clock=clock)
    # Its blocks take their times from the clock itself.
    return Ground(
        chain=chain, clock=clock, engine="eth-tester", rpc_url=None, set_time=clock.set, stop=lambda: None
    )


def persistent(place: Place, today: float) -> Ground:
    """Return anvil's chain: new and thirteen months before `today`, or as it was left in the folder."""
    anvil = Anvil(place.folder, start=int(start_of(today)))
    endpoint = Endpoint(anvil.url, _RPC_SECONDS_MAX)
    chain = RpcChain(endpoint, engine("anvil"))
    newest = chain.block(chain.final_height())
    # Where the chain was left, not where one that begins today would be: a month between would be left out.
    clock = DemoClock(newest.timestamp + 1)
    # Started again, anvil is at the machine's time, and `set_time` never leads back.
    endpoint.request("evm_setTime", int(clock.now()))

    def set_time(moment: float) -> None:
        clock.set(moment)
        chain.set_time(int(moment))

    def stop() -> None:
        chain.close()
        anvil.stop()

    return Ground(chain=chain, clock=clock, engine="anvil", rpc_url=anvil.url, set_time=set_time, stop=stop)
