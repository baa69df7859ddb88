"""What is counted, in a registry of this node's own: several nodes in one process do not mix."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of one node, in Prometheus' text format."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "vostro_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "vostro_http_request_seconds",
            "Seconds from the request's head to the answer's end",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.accepted = Counter(
            "vostro_instructions_accepted", "Instructions accepted", registry=self.registry
        )
        self.ready = Gauge("vostro_ready", "1 when the check is passed", ("check",), registry=self.registry)
        self.mirrored_height = Gauge(
            "vostro_mirrored_height", "Height of the newest mirrored block", registry=self.registry
        )
        self.gas_transactions = Gauge(
            "vostro_key_gas_transactions",
            "Full transactions that a key's balance pays for at the price of now",
            ("key",),
            registry=self.registry,
        )
        self.lag_blocks = Gauge(
            "vostro_mirror_lag_blocks", "Final blocks that are not yet mirrored", registry=self.registry
        )
        self.verification = Gauge(
            "vostro_verification",
            "1 for the level at which blocks are checked before they are mirrored",
            ("level",),
            registry=self.registry,
        )
        self.endpoints_agreeing = Gauge(
            "vostro_endpoints_agreeing",
            "RPC endpoints that serve the newest mirrored blocks, where several must agree",
            registry=self.registry,
        )
        self.open_breaks = Gauge(
            "vostro_open_breaks", "Breaks that nobody has cleared", registry=self.registry
        )
        self.oldest_break = Gauge(
            "vostro_oldest_break_opened_seconds",
            "When the oldest open break was found, in UTC seconds; 0: none is open",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return all numbers as Prometheus reads them."""
        return generate_latest(self.registry)
