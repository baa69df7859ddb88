"""The operator's settings: the only place that reads the environment.

Each is `VOSTRO_<NAME>` in the environment; secrets come as files, never as values.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from node.errors import SettingsInvalid
from settlement.errors import InvalidValue
from settlement.money import amount_from_decimal, amount_from_minor_units, currency


class Settings(BaseSettings):
    """Every setting of a node, with its default. A README table names them all."""

    model_config = SettingsConfigDict(env_prefix="VOSTRO_", frozen=True, extra="forbid")

    bic: str = Field(description="BIC of the participant this node acts for")
    home: Path = Field(default=Path("vostro-data"), description="Folder for keystore and embedded database")
    store_url: str | None = Field(
        default=None, description="PostgreSQL or SQLite URL; default: SQLite in the home folder"
    )
    store_pool_size: int = Field(default=14, ge=1, le=100, description="Connections to the database")
    store_password_file: Path | None = Field(
        default=None, description="File with the database password, if not in the URL"
    )
    rpc_url: str | None = Field(
        default=None,
        description="HTTP JSON-RPC endpoints of the chain, between commas; default: the embedded chain",
    )
    rpc_timeout_seconds: float = Field(default=20, gt=0, le=300, description="Deadline of one RPC request")
    rpc_agreement: int = Field(
        default=1, ge=1, le=8, description="Endpoints that must serve the same block before it is mirrored"
    )
    engine: str = Field(default="eth-tester", description="Engine of the chain: eth-tester, anvil")
    verification: Literal["full", "headers", "off"] = Field(
        default="full", description="How much of a block is checked before it is mirrored: full, headers, off"
    )
    validator_contract: str | None = Field(
        default=None,
        description="Contract that keeps the validators: `0x…`, or `0x…@HEIGHT` from that block on",
    )
    fee_rule: str | None = Field(
        default=None, description="How gas is paid for: free, legacy, market; default: the engine's"
    )
    gas_price_max: int = Field(
        default=100_000_000_000, ge=0, lt=2**63, description="Wei offered for a unit of gas at most"
    )
    priority_fee_max: int = Field(
        default=2_000_000_000, ge=0, lt=2**63, description="Wei of it offered as a tip at most"
    )
    bump_after_seconds: int = Field(
        default=60, ge=5, description="Age at which a transaction in flight is offered a higher price"
    )
    deployment_file: Path = Field(
        default=Path("deployment.json"),
        description="Chain id, genesis and contract addresses, as `vostro deploy` writes it",
    )
    demo: bool = Field(default=False, description="Accept a deployment without delays; never in production")
    signer: Literal["keystore", "pkcs11"] = Field(
        default="keystore", description="What holds the keys: keystore (files), pkcs11 (a token)"
    )
    key_password_file: Path | None = Field(
        default=None, description="File with the keystore's password or the token's PIN; default: asked"
    )
    key_cipher: Literal["aes-256-gcm", "sm4-gcm"] = Field(
        default="aes-256-gcm", description="Cipher of new keystore files: aes-256-gcm, sm4-gcm (with SM3)"
    )
    key_day_limits: str | None = Field(
        default=None, description="What each key signs for on one UTC day: `USD=5000000.00 1001=250000`"
    )
    approval_limits: str | None = Field(
        default=None,
        description="Above it a second person approves, by asset: `USD=1000000.00 1001=250000`",
    )
    gas_transactions_min: int = Field(
        default=1000, ge=1, description="Alert when a key's balance pays for fewer full transactions"
    )
    token_module: Path | None = Field(default=None, description="PKCS#11 module of the token")
    token_label: str | None = Field(default=None, description="Label of the token")
    host: str = Field(default="127.0.0.1", description="Address the API listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="Port the API listens on")
    proxies: str | None = Field(
        default=None,
        description="Proxies before the API, whose X-Forwarded-For is believed: `10.0.0.5,10.1.0.0/16`; "
        "default: nobody's",
    )
    tls_certificate_file: Path | None = Field(
        default=None, description="Certificate chain (PEM) the API shows; default: no TLS"
    )
    tls_key_file: Path | None = Field(default=None, description="Private key (PEM) of that certificate")
    tls_client_authorities_file: Path | None = Field(
        default=None, description="Authorities (PEM) of the certificates by which machines come in"
    )
    session_seconds: int = Field(default=43_200, ge=60, le=86_400, description="Age at which a log-in ends")
    session_idle_seconds: int = Field(
        default=900, ge=60, le=43_200, description="Time without a request after which a log-in ends"
    )
    access_token_seconds: int = Field(
        default=600, ge=30, le=3600, description="Age at which a machine's access token ends"
    )
    oidc_issuer: str | None = Field(
        default=None, description="Address of the OpenID Connect issuer whose tokens are taken; default: none"
    )
    oidc_audience: str | None = Field(
        default=None, description="Audience that its tokens must name: this node, as the issuer knows it"
    )
    oidc_roles_claim: str = Field(
        default="groups", description="Claim of its tokens that lists groups; dots lead into objects"
    )
    oidc_roles: str | None = Field(
        default=None, description="Which group has which role: `vostro-officers=officer risk=approver`"
    )
    oidc_participant_claim: str | None = Field(
        default=None, description="Claim that must hold this node's BIC, for an issuer of several banks"
    )
    schemas: Path | None = Field(
        default=None, description="Folder with ISO 20022 XSDs to validate every file against"
    )
    batch_payments_max: int = Field(
        default=500, ge=1, le=500, description="Payments in one transaction at most"
    )
    batch_linger_seconds: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="A key's pause between two transactions, unless one is full",
    )
    pipeline_transactions_max: int = Field(
        default=8, ge=1, le=64, description="Transactions in flight per key at most"
    )
    tick_seconds: float = Field(
        default=0.2, gt=0, le=60, description="Pause of a worker that found nothing to do"
    )
    attempts_max: int = Field(
        default=5, ge=1, le=100, description="Transactions tried for one instruction before it is `unknown`"
    )
    unknown_after_seconds: int = Field(
        default=300, ge=1, description="Age at which an unanswered instruction is shown as `unknown`"
    )
    deadline_seconds: int = Field(
        default=86_400,
        ge=1,
        le=31 * 86_400,
        description="Age at which an instruction without a deadline is sent no more and leaves the queue",
    )
    queue: bool = Field(
        default=False,
        description="Send payments that lack money to the chain's queue, where they do not say otherwise",
    )
    queue_run_age_seconds: int = Field(
        default=0, ge=0, le=86_400, description="Resolve the queue when something waits so long; 0: never"
    )
    queue_run_depth: int = Field(
        default=0, ge=0, le=10_000, description="Resolve the queue when so much waits in it; 0: never"
    )
    queue_run_seconds: int = Field(
        default=0, ge=0, le=86_400, description="Resolve the queue every so often; 0: never"
    )
    feed_days: int = Field(
        default=90, ge=1, le=3660, description="Days for which the feed is kept, and can be resumed"
    )
    webhook_private_targets: bool = Field(
        default=False, description="Deliver webhooks to addresses of private networks and by plain HTTP, too"
    )
    exchange_host: str = Field(
        default="127.0.0.1", description="Address on which other banks' nodes bring letters"
    )
    exchange_port: int | None = Field(
        default=None, ge=0, le=65535, description="Its port; default: no letters, and no netting cycles"
    )
    exchange_certificate_file: Path | None = Field(
        default=None, description="Certificate chain (PEM) shown there"
    )
    exchange_key_file: Path | None = Field(default=None, description="Private key (PEM) of that certificate")
    exchange_authorities_file: Path | None = Field(
        default=None,
        description="Authorities (PEM) of the other nodes' certificates; default: the system's",
    )
    exchange_private_targets: bool = Field(
        default=False, description="Bring letters to addresses of private networks, too"
    )
    cycle_age_seconds: int = Field(
        default=0,
        ge=0,
        le=86_400,
        description="Call for a cycle when a payment waits for one so long; 0: never",
    )
    cycle_depth: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="Call for a cycle when so many payments wait; 0: never",
    )
    webhook_password_file: Path | None = Field(
        default=None,
        description="File with the password of webhook secrets; default: the keystore's",
    )
    alert_rules: Path | None = Field(
        default=None, description="JSON file with what alerts are raised for; default: the usual rules"
    )
    actor_requests_per_second: int = Field(
        default=1000, ge=1, le=1_000_000, description="Requests a second that one person or machine may send"
    )
    actor_burst: int = Field(
        default=2000, ge=1, le=1_000_000, description="Requests it may send at once after a pause"
    )
    stranger_requests_per_second: int = Field(
        default=20,
        ge=1,
        le=1_000_000,
        description="Requests a second from one address that nobody was let in by, log-ins among them",
    )
    stranger_burst: int = Field(
        default=200, ge=1, le=1_000_000, description="Those at once from one address after a pause"
    )
    body_bytes_max: int = Field(default=64 * 1024 * 1024, ge=1024, description="Largest request body")
    payments_max: int = Field(
        default=20_000, ge=1, description="Payments in one request, or file taken at once, at most"
    )
    upload_bytes_max: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="Largest file that is read in the background"
    )
    upload_payments_max: int = Field(
        default=100_000, ge=1, description="Payments in a file that is read in the background, at most"
    )
    outbox_max: int = Field(default=1_000_000, ge=1, description="Instructions waiting in the outbox at most")

    def limits_of_one_person(self) -> dict[int, int]:
        """Return up to which amount (minor units) one person is enough, by asset; raise `SettingsInvalid`."""
        return limits_from_text(self.approval_limits or "", setting="VOSTRO_APPROVAL_LIMITS")

    @property
    def database_url(self) -> str:
        """Return the store's URL: the setting, or SQLite in the home folder."""
        return self.store_url or f"sqlite:///{self.home / 'vostro.sqlite'}"


def limits_from_text(text: str, *, setting: str) -> dict[int, int]:
    """Read ``USD=5000000.00 1001=250000``: currencies in decimals, other assets by number in minor units.

    Raise `SettingsInvalid` that names the setting.
    """
    found: dict[int, int] = {}
    for each in text.split():
        name, _, amount = each.partition("=")
        try:
            if name.isdecimal():
                asset, limit = int(name), amount_from_minor_units(amount)
            else:
                money = currency(name)
                asset, limit = money.number, amount_from_decimal(amount, money)
        except InvalidValue as error:
            raise SettingsInvalid(f"{setting}: {each!r}: {error.detail}") from None
        if asset in found:
            raise SettingsInvalid(f"{setting}: two limits for {name}; give one")
        found[asset] = limit
    return found


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; raise `SettingsInvalid` with every fault."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # the keys are the fields' own
    except ValidationError as error:
        faults = "; ".join(
            f"VOSTRO_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()
        )
        raise SettingsInvalid(f"{faults}; see the settings table of the README") from None
