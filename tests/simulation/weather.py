"""Faults at random: crashes, lost answers, failed commits, late and doubled sendings, others in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from node.errors import ChainBusy, ChainUnavailable, StoreUnavailable
from tests.simulation.faults import Crash, Faults

# Nobody holds a lock or a connection here, so another process may do anything in between.
_OPEN = frozenset(
    {
        "store.transaction",
        "store.snapshot",
        "store.commit after",
        "chain.nonce",
        "chain.receipt",
        "chain.blocks",
        "chain.final_height",
        "chain.send before",
        "chain.send after",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """How often, of 1, each fault strikes at a point where it can."""

    crash: float = 0.0
    chain: float = 0.0
    commit: float = 0.0
    interleave: float = 0.0
    late: float = 0.0
    twice: float = 0.0


@dataclass(slots=True, kw_only=True)
class Weather:
    """What all processes of a day suffer; one source of chance, so a day is the same each time.

    `meanwhile` is what others do when a call of a process is interrupted. `held`: what the network has not
    yet delivered. Clear weather is for the evening.
    """

    random: Random
    climate: Climate
    note: Callable[[str], None]
    meanwhile: Callable[[str], None]
    held: list[bytes] = field(default_factory=list)
    _nested: bool = False

    def clear(self) -> None:
        """Let everything work from now on."""
        self.climate = Climate()

    def faults(self, process: str) -> Faults:
        """Return the faults of one process."""
        return _RandomFaults(self, process)

    def strike(self, process: str, point: str) -> None:
        """Pass a point, let another process go first, or fail."""
        self.note(f"{process} {point}")
        climate, chance = self.climate, self.random.random
        if climate.crash and chance() < climate.crash:
            self.note("crash")
            raise Crash(point)
        if point.startswith("chain") and climate.chain and chance() < climate.chain:
            lost = point == "chain.send after" or chance() < 0.5
            self.note("chain lost" if lost else "chain busy")
            raise ChainUnavailable(point) if lost else ChainBusy(point)
        if point.startswith("store.commit") and climate.commit and chance() < climate.commit:
            self.note("commit failed")
            raise StoreUnavailable(point)
        if point in _OPEN and climate.interleave and not self._nested and chance() < climate.interleave:
            self._nested = True
            try:
                self.meanwhile(process)
            finally:
                self._nested = False

    def arriving(self, raw: bytes) -> list[bytes]:
        """Return what arrives of what is sent now."""
        chance = self.random.random
        if self.climate.late and chance() < self.climate.late:
            self.note("held")
            self.held.append(raw)
            return []
        if self.climate.twice and chance() < self.climate.twice:
            self.note("twice")
            return [raw, raw]
        return [raw]


class _RandomFaults(Faults):
    def __init__(self, weather: Weather, process: str) -> None:
        super().__init__()
        self._weather = weather
        self._process = process

    def at(self, point: str) -> None:
        self._weather.strike(self._process, point)

    def on_its_way(self, raw: bytes) -> list[bytes]:
        return self._weather.arriving(raw)


CLIMATES = (
    Climate(),
    Climate(crash=0.004, chain=0.01, commit=0.01, interleave=0.02, late=0.05, twice=0.05),
    Climate(crash=0.02, chain=0.02, commit=0.02, interleave=0.03, late=0.1, twice=0.1),
    Climate(chain=0.08, late=0.2, twice=0.2),
    Climate(crash=0.002, interleave=0.12),
    Climate(crash=0.05, commit=0.05),
)
