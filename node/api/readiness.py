"""Whether the node can do its work now, and if not, why not.

Each probe has one thread of its own and one question at a time: when the store or the chain hangs,
the answer is "no answer", and no second thread hangs with the first.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock

from settlement.errors import SettlementError

ANSWER_SECONDS_MAX = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold. `reason` says why it does not, or what a person should see to before long."""

    name: str
    passed: bool
    reason: str | None = None


class Readiness:
    """Asks each of its probes; a probe raises a `SettlementError` when what it looks at is not well.

    What is well now and will not stay so it returns in words.
    """

    def __init__(self, probes: Mapping[str, Callable[[], str | None]]) -> None:
        self._probes = dict(probes)
        self._threads = {
            name: ThreadPoolExecutor(1, thread_name_prefix=f"ready-{name}") for name in self._probes
        }
        self._asked: dict[str, Future[str | None]] = {}
        self._lock = Lock()

    def checks(self, seconds_max: float = ANSWER_SECONDS_MAX) -> tuple[Check, ...]:
        """Return every check within `seconds_max`, in the order of the probes."""
        with self._lock:
            for name, probe in self._probes.items():
                last = self._asked.get(name)
                if last is None or last.done():
                    self._asked[name] = self._threads[name].submit(probe)
            asked = dict(self._asked)
        wait(asked.values(), timeout=seconds_max)
        return tuple(_check(name, asked[name], seconds_max) for name in self._probes)

    def close(self) -> None:
        """End the threads; what hangs is left to its own deadline."""
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)


def _check(name: str, asked: Future[str | None], seconds_max: float) -> Check:
    if not asked.done():
        return Check(name=name, passed=False, reason=f"no answer within {seconds_max:g} seconds")
    error = asked.exception()
    if error is None:
        return Check(name=name, passed=True, reason=asked.result())
    if isinstance(error, SettlementError):
        return Check(name=name, passed=False, reason=f"{error.code}: {error.detail}")
    raise error
