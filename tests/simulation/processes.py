"""A node's process: submitter and follower with all that they keep in memory, which a crash throws away."""

from node.follower.follower import Follower
from node.submitter.submitter import Submitter
from tests.node.chain_of_events import CONTRACTS
from tests.simulation.faults import Faults, FaultyChain, FaultySigner, FaultyStore
from tests.simulation.weather import Weather
from tests.simulation.world import World


class Process:
    """One of the processes that share a store, as it has just started."""

    def __init__(self, name: str, world: World, weather: Weather) -> None:
        self.name = name
        self._world = world
        self._faults: Faults = weather.faults(name)
        self.start()

    def start(self) -> None:
        """Begin with an empty memory."""
        world = self._world
        self.store = FaultyStore(world.store, self._faults)
        self.chain = FaultyChain(world.chain, self._faults)
        self.submitter = Submitter(
            self.store,
            self.chain,
            contracts=CONTRACTS,
            signer=FaultySigner(world.signer, self._faults),
            clock=world.clock,
            random=world.random,
            settings=world.settings,
        )
        self.follower = Follower(self.store, self.chain, CONTRACTS, world.clock, blocks_max=4)
