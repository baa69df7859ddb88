"""The reader: reads the files that came in to be read in the background, a part a tick."""

from collections.abc import Callable, Iterator

from node.clock import Clock, Random
from node.services.identifiers import new_id
from node.services.uploads.progress import claim
from node.services.uploads.reading import Reading
from node.settings import Settings
from node.store.session import Store
from settlement.iso20022.schema import Schemas


class Reader:
    """Reads one store's files. Several may share a store: each file is one's until it stands still."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        settings: Settings,
        schemas: Callable[[], Schemas | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._settings = settings
        self._schemas = schemas
        self._name = new_id("reader", clock, random)
        self._steps: Iterator[bool] | None = None

    def tick(self) -> int:
        """Check or take a part of a file; return 0 when there is none, or no room for what it asks."""
        steps, self._steps = self._steps or self._next(), None
        if steps is None:
            return 0
        done = next(steps, None)
        if done is not None:
            # Forgotten when it failed: the file is then begun again, and what is taken stays taken.
            self._steps = steps
        return int(done is not False)

    def _next(self) -> Iterator[bool] | None:
        upload = claim(self._store, self._name, at=int(self._clock.now()))
        if upload is None:
            return None
        return Reading(
            self._store,
            self._settings,
            self._clock,
            self._random,
            self._schemas(),
            upload=upload,
            reader=self._name,
        ).steps()
