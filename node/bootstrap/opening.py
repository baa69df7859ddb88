"""What is opened from settings alone: the store, the keystore, the chain, files with secrets."""

import ssl
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
from node.clock import Clock, Random
from node.errors import KeyNotFound, SettingsInvalid, WrongPassword
from node.keys.access import AccessKeys
from node.keys.agreement import EncryptionKeystore
from node.keys.approvers import ApproverKeystores, ApproverTokens
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.limits import DayLimits
from node.keys.policy import node_policy, notary_policy
from node.keys.ring import KeyRing, KeystoreKeys, TokenKeys
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import SCRYPT_N, KeyCipher
from node.keys.signer import Notary
from node.keys.vault import Vault
from node.services.alerts.rules import rules_of
from node.services.openid import OpenIdIssuer
from node.settings import Settings, limits_from_text
from node.store.session import Store
from node.store.spending import SpendingBook
from settlement.alerting import Rules
from settlement.errors import InvalidDocument
from settlement.iso20022.schema import Schemas, compile_schemas

SECRET_BYTES_MAX = 4096
VAULT = "vault"


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


def read_certificate(path: Path) -> bytes:
    """Return the first certificate of a PEM file as DER; raise `SettingsInvalid`."""
    try:
        return ssl.PEM_cert_to_DER_cert(read_secret(path).decode())
    except ValueError:
        raise SettingsInvalid(f"{path} is not one certificate in PEM") from None


def open_access_keys(settings: Settings, random: Random) -> AccessKeys:
    """Return the node's own secrets for letting people and machines in; their file is made when needed."""
    return AccessKeys(settings.home / "access.json", random)


def openid_issuer(settings: Settings, clock: Clock) -> OpenIdIssuer | None:
    """Return the OpenID Connect issuer of the settings, not asked yet; raise `SettingsInvalid`."""
    return None if settings.oidc_issuer is None else OpenIdIssuer(settings, clock)


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


def open_vault(settings: Settings, random: Random, password: Callable[[], bytes] | None = None) -> Vault:
    """Return the vault in the home folder, unopened; `password` gives the keystore's where it is known.

    What first uses it raises `SettingsInvalid` when no password is to be had, `WrongPassword`.
    """
    files = SealedFiles(settings.home / VAULT, cipher=KeyCipher(settings.key_cipher), scrypt_n=SCRYPT_N)

    def password_of_vault() -> bytes:
        if settings.webhook_password_file is not None:
            return read_secret(settings.webhook_password_file)
        # A token's PIN is too short to seal a file that somebody may copy.
        if settings.signer == "keystore" and password is not None:
            return password()
        if settings.signer == "keystore" and settings.key_password_file is not None:
            return read_secret(settings.key_password_file)
        raise SettingsInvalid(
            "webhook secrets are sealed under a password that this process does not know: set "
            "VOSTRO_WEBHOOK_PASSWORD_FILE"
        )

    return Vault(files, password_of_vault, random)


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


@contextmanager
def opened_notary(settings: Settings, password: bytes, address: bytes, *, chain_id: int) -> Iterator[Notary]:
    """Give what signs what this bank attests by one of its keys, and nothing else; raise `SigningError`."""
    policy = notary_policy(chain_id)
    if settings.signer == "keystore":
        keys = KeystoreKeys(keystore=open_keystore(settings), password=lambda: password)
        yield KeyRing(keys, [address], policy)
        return
    with closing(open_token(settings, password)) as token:
        yield KeyRing(TokenKeys(token=token), [address], policy)


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


def read_rules(settings: Settings) -> Rules:
    """Return the rules of the settings' file, or the usual ones without one; raise `SettingsInvalid`."""
    if settings.alert_rules is None:
        return Rules()
    try:
        content = settings.alert_rules.read_bytes()
    except OSError as error:
        raise SettingsInvalid(f"VOSTRO_ALERT_RULES: {error}") from error
    return rules_of(content, place=f"VOSTRO_ALERT_RULES: {settings.alert_rules}")


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
