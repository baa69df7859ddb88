"""The part that writes to other banks' nodes: its post, and the door where their letters come in."""

from collections.abc import Callable
from contextlib import ExitStack

from node.bootstrap.node import Part
from node.bootstrap.web import Tls, WebServer
from node.chain.contracts import Contracts
from node.clock import Clock, Random
from node.errors import SettingsInvalid
from node.exchange.door import create_door
from node.exchange.post import Post
from node.keys.signer import LetterSigner
from node.settings import Settings
from node.store.session import Store


def exchanging(
    settings: Settings,
    store: Store,
    contracts: Contracts,
    signer: LetterSigner | None,
    *,
    clock: Clock,
    random: Random,
    resources: ExitStack,
) -> tuple[dict[str, Callable[[], int]], WebServer | None]:
    """Return the post's tick by name, and the door; nothing without a signer. Raise `SettingsInvalid`.

    `resources` closes what they open.
    """
    if signer is None:
        return {}, None
    certificate, key, port = (
        settings.exchange_certificate_file,
        settings.exchange_key_file,
        settings.exchange_port,
    )
    if certificate is None or key is None or port is None:
        raise SettingsInvalid(
            "letters need VOSTRO_EXCHANGE_CERTIFICATE_FILE and VOSTRO_EXCHANGE_KEY_FILE: they come by TLS"
        )
    post = Post(store, contracts, signer, clock=clock, random=random, settings=settings)
    resources.callback(post.close)
    tls = Tls(certificate=certificate, key=key, client_authorities=None)
    door = WebServer(create_door(post), host=settings.exchange_host, port=port, tls=tls)
    return {Part.EXCHANGE: post.tick}, door
