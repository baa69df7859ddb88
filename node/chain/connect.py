"""From settings to a chain."""

from dataclasses import dataclass, replace

import httpx2

from node.chain.endpoint import Endpoint
from node.chain.engines import Engine, FeeRule
from node.chain.engines import engine as engine_named
from node.chain.failover import FailoverChain, Identity
from node.chain.fees import DEFAULT_LIMITS, FeeLimits
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from node.clock import Clock
from node.errors import SettingsInvalid

ENDPOINTS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Gas:
    """How gas is paid for: the engine's fee rule or another by name, and the most that is offered."""

    rule: str | None = None
    limits: FeeLimits = DEFAULT_LIMITS


def connect(
    *,
    engine: str,
    rpc_url: str | None,
    timeout: float,
    clock: Clock,
    gas: Gas = Gas(),
    identity: Identity | None = None,
) -> Chain:
    """Return the chain of an engine; ask it nothing yet. Raise `SettingsInvalid`.

    `rpc_url` names one endpoint, or several between commas; of several, those are left out that serve
    another chain than `identity`. An embedded chain is made anew and empty: nodes that share one get the
    same object, not the same settings.
    """
    capabilities = _with_rule(engine_named(engine), gas.rule)
    if capabilities.embedded:
        if rpc_url is not None:
            raise SettingsInvalid(f"VOSTRO_RPC_URL: {engine} lives in this process and has no endpoint")
        # Its import takes a second, which only those who need it should wait for.
        from node.chain.tester import TesterChain  # noqa: PLC0415

        return TesterChain(clock)
    if rpc_url is None:
        raise SettingsInvalid(f"VOSTRO_RPC_URL: {engine} needs the URL of its JSON-RPC endpoint")
    urls = [url.strip() for url in rpc_url.split(",")]
    if len(urls) > ENDPOINTS_MAX or len(set(urls)) < len(urls):
        raise SettingsInvalid(f"VOSTRO_RPC_URL: {ENDPOINTS_MAX} endpoints at most, each once")
    chains = [RpcChain(Endpoint(url, timeout), capabilities, limits=gas.limits) for url in urls]
    if len(chains) == 1:
        return chains[0]
    # Without the credentials that may stand in a URL.
    names = [f"endpoint {number} ({httpx2.URL(url).host})" for number, url in enumerate(urls, 1)]
    return FailoverChain(list(zip(names, chains, strict=True)), clock=clock, identity=identity)


def _with_rule(capabilities: Engine, rule: str | None) -> Engine:
    if rule is None:
        return capabilities
    if rule not in tuple(FeeRule):
        raise SettingsInvalid(f"VOSTRO_FEE_RULE: {rule!r} is none of {', '.join(FeeRule)}")
    return replace(capabilities, fee_rule=FeeRule(rule))
