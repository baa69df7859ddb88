"""What is opened from settings alone: the store, the keystore, the chain, files with secrets."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import local

from node.chain.connect import Gas, connect
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.engines import engine
from node.chain.failover import FailoverChain, Identity
from node.chain.fees import fee_limits
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from node.chain.witnesses import Witnesses
from node.clock import Clock
from node.errors import KeyNotFound, SettingsInvalid, WrongPassword
from node.follower.checking import Checks, Level
from node.keys.agreement import EncryptionKeystore
from node.keys.approvers import ApproverKeystores, ApproverTokens
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.limits import DayLimits
from node.keys.policy import node_policy
from node.keys.ring import KeyRing, KeystoreKeys, TokenKeys
from node.keys.sealing import KeyCipher
from node.settings import Settings, limits_from_text
from node.store.session import Store
from node.store.spending import SpendingBook
from settlement.errors import InvalidDocument
from settlement.iso20022.schema import Schemas, compile_schemas

SECRET_BYTES_MAX = 4096


def open_store(settings: Settings) -> Store:
    """Return the node's store with this version's tables; raise `StoreUnavailable`, `StoreMismatch`."""
    if settings.store_url is None:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = None
    if settings.store_password_file is not None:
        password = read_secret(settings.store_password_file).decode()
    store = Store(settings.database_url, password=password, pool_size=settings.store_pool_size)
    store.migrate()
    return store


def read_secret(path: Path) -> bytes:
    """Return the secret in a file without its last line feed; raise `SettingsInvalid`."""
    try:
        with path.open("rb") as file:
            secret = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsInvalid(f"the secret in {path} can't be read: {error.strerror}") from error
    secret = secret.removesuffix(b"\n").removesuffix(b"\r")
    if not secret or len(secret) > SECRET_BYTES_MAX:
        raise SettingsInvalid(f"the secret in {path} must have 1 to {SECRET_BYTES_MAX} bytes")
    return secret


def open_keystore(settings: Settings) -> Keystore:
    """Return the keystore in the home folder; its files are opened by its password, later."""
    return Keystore(settings.home / "keys", cipher=KeyCipher(settings.key_cipher))


def open_encryption_keystore(settings: Settings) -> EncryptionKeystore:
    """Return the encryption keys in the home folder."""
    return EncryptionKeystore(settings.home / "encryption", cipher=KeyCipher(settings.key_cipher))


def approver_keys(settings: Settings) -> ApproverKeystores | ApproverTokens:
    """Return the approve keys: in the home folder, or on tokens that are labelled with approvers' names."""
    if settings.signer == "pkcs11" and settings.token_module is not None:
        return ApproverTokens(settings.token_module)
    return ApproverKeystores(settings.home / "approvers", cipher=KeyCipher(settings.key_cipher))


def open_token(settings: Settings, pin: bytes | None) -> Token:
    """Return the token of the settings; raise `SettingsInvalid`, `TokenError`."""
    if settings.token_module is None or settings.token_label is None:
        raise SettingsInvalid(
            "VOSTRO_SIGNER=pkcs11 needs VOSTRO_TOKEN_MODULE (the module's file) and VOSTRO_TOKEN_LABEL"
        )
    return Token(settings.token_module, settings.token_label, pin)


def key_addresses(settings: Settings) -> list[bytes]:
    """Return the addresses of the keys there are, by what is public of them."""
    if settings.signer == "keystore":
        return open_keystore(settings).addresses()
    with closing(open_token(settings, None)) as token:
        return token.addresses()


def remove_key(settings: Settings, address: bytes, pin: bytes | None) -> None:
    """Delete a key from the keystore, or by its PIN from the token; raise `KeyNotFound`, `TokenError`."""
    if settings.signer == "keystore":
        open_keystore(settings).remove(address)
        return
    with closing(open_token(settings, pin)) as token:
        token.remove(address)


@contextmanager
def opened_signer(
    settings: Settings,
    contracts: Contracts,
    clock: Clock,
    password: bytes | None,
    *,
    addresses: Sequence[bytes] | None = None,
) -> Iterator[KeyRing]:
    """Give the node's signer: of these keys, or of all that the keystore or the token has.

    Raise `WrongPassword`, `KeyNotFound`, `TokenError`.
    """
    if password is None:
        raise WrongPassword("the keystore's password is needed: VOSTRO_KEY_PASSWORD_FILE, or typed at start")
    wanted = key_addresses(settings) if addresses is None else addresses
    if not wanted:
        raise KeyNotFound(f"{settings.signer} has no keys; make one with `vostro keys new`")
    policy, limits = node_policy(contracts), _day_limits(settings, contracts, clock)
    if settings.signer == "keystore":
        keys = KeystoreKeys(keystore=open_keystore(settings), password=_password_of(settings, password))
        yield KeyRing(keys, wanted, policy, limits=limits)
        return
    with closing(open_token(settings, password)) as token:
        yield KeyRing(TokenKeys(token=token), wanted, policy, limits=limits)


def _password_of(settings: Settings, password: bytes) -> Callable[[], bytes]:
    """Return what gives the keystore's password: what its file says by then, or what was typed at start."""
    file = settings.key_password_file
    return (lambda: password) if file is None else (lambda: read_secret(file))


def _day_limits(settings: Settings, contracts: Contracts, clock: Clock) -> DayLimits | None:
    limits = limits_from_text(settings.key_day_limits or "", setting="VOSTRO_KEY_DAY_LIMITS")
    if not limits:
        return None
    book = SpendingBook(settings.home / "spending.sqlite")
    return DayLimits(limits, contracts=contracts, clock=clock, book=book)


def require_endpoint(settings: Settings) -> None:
    """Raise `SettingsInvalid` for an embedded chain, which would end with this process."""
    if engine(settings.engine).embedded:
        raise SettingsInvalid(
            f"VOSTRO_ENGINE: {settings.engine} lives and ends with its process; `scripts/demo` plays on it. "
            "Name another engine, and its endpoint in VOSTRO_RPC_URL"
        )


@contextmanager
def connected_chain(
    settings: Settings, clock: Clock, deployment: Deployment | None = None
) -> Iterator[Chain]:
    """Give the chain of the settings, unasked; raise `SettingsInvalid`.

    With a deployment, endpoints of another chain than its are left out where there are several.
    """
    identity = None
    if deployment is not None:
        identity = Identity(chain_id=deployment.chain_id, genesis_hash=deployment.genesis_hash)
    chain = connect(
        engine=settings.engine,
        rpc_url=settings.rpc_url,
        timeout=settings.rpc_timeout_seconds,
        clock=clock,
        gas=Gas(rule=settings.fee_rule, limits=fee_limits(settings)),
        identity=identity,
    )
    try:
        yield chain
    finally:
        if isinstance(chain, RpcChain | FailoverChain):
            chain.close()


def witnesses_of(settings: Settings, chain: Chain, clock: Clock) -> Witnesses | None:
    """Return the endpoints that must agree before a block is mirrored, None where one is enough.

    Raise `SettingsInvalid` when there are not so many, or a hash would say nothing of its block.
    """
    if settings.rpc_agreement == 1:
        return None
    if Level(settings.verification) is Level.OFF:
        raise SettingsInvalid(
            "VOSTRO_RPC_AGREEMENT: endpoints agree on hashes, which VOSTRO_VERIFICATION=off does not check"
        )
    if not isinstance(chain, FailoverChain):
        raise SettingsInvalid(
            f"VOSTRO_RPC_AGREEMENT: {settings.rpc_agreement} endpoints must agree, VOSTRO_RPC_URL names one"
        )
    return Witnesses(chain, needed=settings.rpc_agreement, clock=clock)


def checks_of(settings: Settings) -> Checks:
    """Return how blocks are checked before they are mirrored."""
    return Checks(level=Level(settings.verification), sealed=engine(settings.engine).sealed)


def schemas_by_thread(settings: Settings) -> Callable[[], Schemas | None]:
    """Return a function that gives each thread schemas of its own; raise `SettingsInvalid`.

    A compiled schema keeps the errors of its last validation, so two threads that share one mix them up.
    """
    held = local()
    held.schemas = read_schemas(settings)

    def of_this_thread() -> Schemas | None:
        if not hasattr(held, "schemas"):
            held.schemas = read_schemas(settings)
        found: Schemas | None = held.schemas
        return found

    return of_this_thread


def read_schemas(settings: Settings) -> Schemas | None:
    """Return the schemas in the folder of the settings, None without one; raise `SettingsInvalid`."""
    if settings.schemas is None:
        return None
    files = sorted(settings.schemas.glob("*.xsd"))
    if not files:
        raise SettingsInvalid(f"VOSTRO_SCHEMAS: {settings.schemas} has no *.xsd")
    try:
        return compile_schemas(path.read_bytes() for path in files)
    except (OSError, InvalidDocument) as error:
        raise SettingsInvalid(f"VOSTRO_SCHEMAS: {error}") from error
