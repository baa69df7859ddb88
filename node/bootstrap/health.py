"""Whether the node is well, asked also when nobody asks: in the log, and in the numbers of `/metrics`."""

import structlog

from node.api.metrics import Metrics
from node.api.readiness import Check, Readiness

LOOK_SECONDS = 10.0

_log = structlog.get_logger("vostro.health")


class HealthWatch:
    """Looks at every check of `/readyz`, and logs those that became another: failed, to be seen to, well."""

    def __init__(self, readiness: Readiness, metrics: Metrics) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._known: dict[str, str] = {}

    def tick(self) -> int:
        """Look once; return 0, for there is never more to do at once."""
        for check in self._readiness.checks():
            self._metrics.ready.labels(check.name).set(check.passed)
            state = _state(check)
            if state != self._known.get(check.name, "well"):
                log = {"failed": _log.error, "attention": _log.warning}.get(state, _log.info)
                log(f"check_{state}", check=check.name, reason=check.reason)
            self._known[check.name] = state
        return 0


def _state(check: Check) -> str:
    if not check.passed:
        return "failed"
    return "well" if check.reason is None else "attention"
