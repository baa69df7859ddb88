"""From settings to a chain."""

from node.chain.endpoint import Endpoint
from node.chain.engines import engine as engine_named
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from node.clock import Clock
from node.errors import SettingsInvalid


def connect(*, engine: str, rpc_url: str | None, timeout: float, clock: Clock) -> Chain:
    """Return the chain of an engine; ask it nothing yet. Raise `SettingsInvalid`.

    An embedded chain is made anew and empty: nodes that share one get the same object, not the same
    settings.
    """
    capabilities = engine_named(engine)
    if capabilities.embedded:
        if rpc_url is not None:
            raise SettingsInvalid(f"VOSTRO_RPC_URL: {engine} lives in this process and has no endpoint")
        # Its import takes a second, which only those who need it should wait for.
        from node.chain.tester import TesterChain  # noqa: PLC0415

        return TesterChain(clock)
    if rpc_url is None:
        raise SettingsInvalid(f"VOSTRO_RPC_URL: {engine} needs the URL of its JSON-RPC endpoint")
    return RpcChain(Endpoint(rpc_url, timeout), capabilities)
