"""The nodes: each player's own, wired by `node.bootstrap` as any bank's, sharing only process and chain."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from node.bootstrap.build import build
from node.bootstrap.node import Node
from node.bootstrap.opening import read_secret
from node.clock import Random
from node.services.actors import Role
from node.services.tokens import new_token
from node.settings import Settings, load_settings
from scripts.demonstration.api import BankSystem
from scripts.demonstration.cast import BANKS, PLAYERS, Player
from scripts.demonstration.certificates import make_certificate
from scripts.demonstration.founding import PASSWORD, token_name
from scripts.demonstration.ground import Ground
from scripts.demonstration.place import Place

_TICK_SECONDS = 0.05  # a demo's audience waits
_USERS = (Role.OFFICER, Role.APPROVER, Role.AUDITOR)
_TOKEN_DAYS = 3660  # a demo's clock starts thirteen months back, and its folder is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A player at work: its running node, its own system, and the tokens of its people by role."""

    player: Player
    node: Node
    system: BankSystem
    tokens: dict[str, str]


@contextmanager
def running_nodes(
    place: Place, ground: Ground, random: Random, *, first_port: int
) -> Iterator[Sequence[Actor]]:
    """Give every player its running node, and stop them all at the end. Port 0 takes free ones."""
    make_certificate(place)
    actors: list[Actor] = []
    try:
        for number, player in enumerate(PLAYERS):
            port = first_port + number if first_port else 0
            actors.append(_start(place, ground, random, player, port))
        yield actors
    finally:
        for actor in actors:
            actor.system.close()
            actor.node.stop()


def _start(place: Place, ground: Ground, random: Random, player: Player, port: int) -> Actor:
    node = build(
        _settings(place, ground, player, port),
        clock=ground.clock,
        random=random,
        chain=None if ground.rpc_url else ground.chain,
        password=read_secret(place.secret(player, PASSWORD)),
    )
    tokens = {role.value: _token(place, player, node, role) for role in _USERS}
    node.start()
    assert node.web is not None
    return Actor(
        player=player, node=node, system=BankSystem(node.web.url, tokens[Role.OFFICER.value]), tokens=tokens
    )


def _settings(place: Place, ground: Ground, player: Player, port: int) -> Settings:
    # All that the environment could say otherwise is said here, so that a demo is the same everywhere.
    return load_settings(
        bic=player.bic,
        home=place.home(player),
        store_url=None,
        store_password_file=None,
        rpc_url=ground.rpc_url,
        engine=ground.engine,
        deployment_file=place.deployment_file,
        demo=True,
        key_password_file=None,
        host="127.0.0.1",
        port=port,
        schemas=None,
        exchange_port=0 if player in BANKS else None,
        exchange_certificate_file=place.certificate,
        exchange_key_file=place.certificate_key,
        exchange_authorities_file=place.certificate,
        exchange_private_targets=True,
        verification="full",
        tick_seconds=_TICK_SECONDS,
    )


def _token(place: Place, player: Player, node: Node, role: Role) -> str:
    """Return a role's token, made when the node is new; its file is only the demo's convenience."""
    name = f"{role.value}.token"
    path = place.secret(player, name)
    if not path.exists():
        context = node.context
        _, secret = new_token(
            context.store,
            context.clock,
            context.random,
            name=token_name(role),
            role=role,
            by="demo",
            days=_TOKEN_DAYS,
        )
        place.write_secret(player, name, secret)
    return path.read_text().strip()
