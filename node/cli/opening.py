"""What commands open: the settings, the store, the keystore's password."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.chain.contracts import Contracts
    from node.chain.protocol import Chain
    from node.services.actors import Actor
    from node.settings import Settings
    from node.store.session import Store

# Who is written into the audit log for what is done at this node's own terminal.
TERMINAL = "terminal"


def read_settings() -> "Settings":
    """Return the settings of the environment; raise `SettingsInvalid`."""
    from node.settings import load_settings

    return load_settings()


@contextmanager
def opened_store(settings: "Settings") -> "Iterator[Store]":
    """Give the node's store, at this version's tables."""
    from node.bootstrap.opening import open_store

    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_node() -> "Iterator[tuple[Store, Settings, Contracts, Chain]]":
    """Give the node's store with its settings, the deployment's contracts and the chain."""
    from node.bootstrap.opening import connected_chain
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with (
        opened_store(settings) as store,
        connected_chain(settings, SystemClock(), contracts.deployment) as chain,
    ):
        yield store, settings, contracts, chain


def terminal_operator() -> "Actor":
    """Return whoever may start commands, who is trusted as the operator and enters no payments as such."""
    from node.services.actors import Actor, Role

    return Actor(id=TERMINAL, name=TERMINAL, roles=frozenset({Role.OPERATOR}))


def read_password(settings: "Settings", *, new: bool = False) -> bytes:
    """Return the keystore's password: from the file of the settings, or typed without an echo."""
    from node.bootstrap.opening import read_secret

    if settings.key_password_file is not None:
        return read_secret(settings.key_password_file)
    typed: str = typer.prompt("Keystore password", hide_input=True, confirmation_prompt=new)
    return typed.encode()
