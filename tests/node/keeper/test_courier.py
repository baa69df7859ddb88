"""The courier delivers the feed: signed, in order, at least once, and not to be held up or misled."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from standardwebhooks import WebhookVerificationError

from node.clock import SystemRandom
from node.errors import KeystoreDamaged, StoreUnavailable
from node.keeper.courier import Courier
from node.keys.vault import Vault
from node.services.streams import receivers as service
from node.services.streams.deliveries import (
    ATTEMPTS_MAX,
    KEPT_MAX,
    PAUSE_SECONDS,
    PAUSE_SECONDS_MAX,
    deliveries_of,
    pause,
)
from node.services.streams.feed import Draft, append, end_of, entry_at
from node.services.streams.receivers import Receiver as Registered
from node.settings import Settings
from node.store.session import Store
from node.store.tables import webhook_secrets
from tests.clocks import SetClock
from tests.receivers import Behaviour, Receiver, answer, drip, drip_body, flood, hang_up
from tests.vaults import vault_in

_TYPE = "payment.settled"


class Office:
    """A store with a feed, a courier, and receivers at will."""

    def __init__(self, store: Store, vault: Vault, *, private: bool = True) -> None:
        self.store = store
        self.vault = vault
        self.clock = SetClock(int(time.time()))
        self.settings = Settings(bic="VOAAUS33XXX", webhook_private_targets=private)

    def courier(self, **options: Any) -> Courier:
        """A courier that has just started."""
        return Courier(self.store, self.vault, self.clock, SystemRandom(), self.settings, **options)

    def tell(self, count: int = 1, type_: str = _TYPE) -> None:
        """Tell something."""
        with self.store.transaction() as connection:
            first = end_of(connection)
            append(
                connection,
                [
                    Draft(key=f"{first + each}", type=type_, asset=840, at=0, data={"number": first + each})
                    for each in range(count)
                ],
                at=int(self.clock.now()),
            )

    def register(self, url: str, **choice: Any) -> str:
        """Add a receiver and return its id."""
        with self.store.transaction() as connection:
            return service.register(
                connection, self.settings, self.vault, self.clock, SystemRandom(),
                url=url, types=choice.get("types", ()), accounts=choice.get("accounts", ()), actor="test",
            ).id  # fmt: skip

    def run(self) -> int:
        """Deliver until nothing is due."""
        courier, sent = self.courier(), 0
        while done := courier.tick():
            sent += done
        return sent

    def look(self, identifier: str) -> Registered:
        """How the receiver stands."""
        with self.store.snapshot() as connection:
            return service.receiver(connection, identifier)

    def secrets(self, identifier: str) -> list[str]:
        """The secrets that sign for it now."""
        with self.store.snapshot() as connection:
            return service.secrets_of(connection, self.vault, identifier, at=int(self.clock.now()))

    def told(self) -> list[str]:
        """The ids of all that was told."""
        with self.store.snapshot() as connection:
            found = [entry_at(connection, place + 1) for place in range(end_of(connection))]
        return [entry.id for entry in found if entry is not None]

    def write(self, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Do something of a person's in a transaction."""
        with self.store.transaction() as connection:
            return act(connection, *given, actor="test", at=int(self.clock.now()), **more)


@pytest.fixture
def office(store: Store, tmp_path: Any) -> Office:
    """An office on each store."""
    return Office(store, vault_in(tmp_path))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything, unless told otherwise."""
    with Receiver() as receiver:
        yield receiver


def test_each_comes_once_in_order_and_signed(office: Office, receiver: Receiver) -> None:
    """What is told after a receiver was added comes to it, in order, and its library believes it."""
    office.tell()
    identifier = office.register(receiver.url)
    office.tell(120)

    assert 120 == office.run()
    assert office.told()[1:] == receiver.ids
    (secret,) = office.secrets(identifier)
    for place, got in enumerate(receiver.got, start=1):
        message = got.verified(secret)
        assert ({"number": place}, _TYPE) == (message["data"], message["type"])
        assert message["id"] == got.headers["webhook-id"]
    assert 0 == office.run()


def test_a_changed_message_is_not_believed(office: Office, receiver: Receiver) -> None:
    """A signature is of this body, this id and this time."""
    identifier = office.register(receiver.url)
    office.tell()
    office.run()
    (secret,), (got,) = office.secrets(identifier), receiver.got
    forged = type(got)(headers=got.headers, body=got.body.replace(b"settled", b"refused"))
    moved = type(got)(headers=got.headers | {"webhook-id": "evt_1"}, body=got.body)
    for wrong in (forged, moved):
        with pytest.raises(WebhookVerificationError):
            wrong.verified(secret)


def test_a_choice_is_kept(office: Office, receiver: Receiver) -> None:
    """Only chosen types of chosen accounts come; the rest counts as had."""
    identifier = office.register(receiver.url, types=["payment.*"], accounts=["840"])
    office.tell(type_="account.debited")
    office.tell()
    office.tell(type_="participant.resumed")
    office.run()
    assert [office.told()[1]] == receiver.ids
    assert 3 == office.look(identifier).position


def test_what_fails_comes_again_before_anything_else(office: Office, receiver: Receiver) -> None:
    """A refusal is followed by the same event, under the same id, after a pause; then the others."""
    receiver.behaviours[:0] = [answer(204), answer(500), answer(503)]
    identifier = office.register(receiver.url)
    office.tell(3)
    first, second, third = office.told()

    office.run()
    assert [first, second] == receiver.ids
    assert (1, 1) == (office.look(identifier).position, office.look(identifier).attempts)
    assert 0 == office.run()
    for _ in range(2):
        office.clock.timestamp = office.look(identifier).due_at
        office.run()
    assert [first, second, second, second, third] == receiver.ids
    with office.store.snapshot() as connection:
        log = deliveries_of(connection, identifier, before=2**62, limit=100)
    assert [(204, 1), (500, 1), (503, 2), (204, 3), (204, 1)] == [
        (each.status, each.attempt) for each in reversed(log)
    ]


def test_after_the_last_attempt_it_is_disabled(office: Office, receiver: Receiver) -> None:
    """A receiver that never takes an event is disabled, with the reason; enabled, it goes on there."""
    receiver.behaviours = [answer(500)]
    identifier = office.register(receiver.url)
    office.tell(2)
    for _ in range(ATTEMPTS_MAX + 5):
        office.run()
        office.clock.timestamp += PAUSE_SECONDS_MAX * 2
    assert ATTEMPTS_MAX == len(receiver.got)
    found = office.look(identifier)
    assert found.disabled_because == f"{office.told()[0]} was not taken in {ATTEMPTS_MAX} attempts: 500"

    receiver.behaviours = [answer(200, b"thanks")]
    office.write(service.enable, identifier, cursor=None)
    office.run()
    assert office.told() == receiver.ids[ATTEMPTS_MAX:]


def test_who_is_gone_is_disabled_at_once(office: Office, receiver: Receiver) -> None:
    """410 means that nothing more is wanted."""
    receiver.behaviours = [answer(410)]
    identifier = office.register(receiver.url)
    office.tell()
    assert 1 == office.run()
    assert "410" in str(office.look(identifier).disabled_because)


@pytest.mark.parametrize("behave", [hang_up, answer(199), answer(301), answer(404)])
def test_what_is_no_success_is_none(office: Office, receiver: Receiver, behave: Behaviour) -> None:
    """No answer and every status but 2xx mean: not taken."""
    receiver.behaviours = [behave, answer(204)]
    identifier = office.register(receiver.url)
    office.tell()
    office.run()
    assert (1, 0) == (office.look(identifier).attempts, office.look(identifier).position)


def test_a_redirect_is_not_followed(office: Office, receiver: Receiver) -> None:
    """Whoever redirects has not taken it, and decides nothing about where it goes."""
    with Receiver() as other:
        receiver.behaviours = [answer(307, location=other.url)]
        identifier = office.register(receiver.url)
        office.tell()
        office.run()
        assert (1, []) == (office.look(identifier).attempts, other.got)


def test_a_slow_answer_is_not_waited_for(office: Office, receiver: Receiver) -> None:
    """Whoever drips a header for ever has not taken it; the deadline is of the whole message."""
    receiver.behaviours = [drip, answer(204)]
    identifier = office.register(receiver.url)
    office.tell()
    assert 1 == office.courier(message_seconds_max=0.5).tick()
    assert 1 == office.look(identifier).attempts
    with office.store.snapshot() as connection:
        (logged,) = deliveries_of(connection, identifier, before=2**62, limit=10)
    assert (None, "ReadTimeout") == (logged.status, logged.error)


@pytest.mark.parametrize("behave", [drip_body, flood])
def test_a_body_without_an_end_is_left(office: Office, receiver: Receiver, behave: Any) -> None:
    """The status tells all: what follows is not read further than a few bytes, and not waited for."""
    receiver.behaviours = [behave, answer(204)]
    identifier = office.register(receiver.url)
    office.tell(2)
    office.run()
    assert (2, 2) == (office.look(identifier).position, len(receiver.got))


def test_a_private_address_is_not_connected_to(office: Office, receiver: Receiver) -> None:
    """A name that leads into a private network is refused when it is looked up, whatever it was before."""
    identifier = office.register(f"http://receiver.example:{receiver.port}/")
    office.settings = office.settings.model_copy(update={"webhook_private_targets": False})
    office.tell()
    for addresses in (["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::ffff:127.0.0.1"], []):
        courier = office.courier(resolve_name=lambda _host, _port, found=addresses: found)
        office.clock.timestamp += PAUSE_SECONDS_MAX * 2
        assert 1 == courier.tick()
    assert [] == receiver.got
    with office.store.snapshot() as connection:
        errors = [each.error or "" for each in deliveries_of(connection, identifier, before=2**62, limit=9)]
    assert ["ConnectError", "target_refused", "target_refused", "target_refused"] == [
        error.partition(":")[0] for error in errors
    ]


def test_a_name_is_looked_up_once_for_a_connection(office: Office, receiver: Receiver) -> None:
    """What was checked is what is connected to: a second look could answer something else."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    office.register(f"http://receiver.example:{receiver.port}/")
    office.tell(5)
    assert 5 == office.courier(resolve_name=resolve).tick()
    assert (["receiver.example"], 5) == (asked, len(receiver.got))
    assert {f"receiver.example:{receiver.port}"} == {got.headers["host"] for got in receiver.got}


def test_a_death_between_sending_and_writing_sends_again(office: Office, receiver: Receiver) -> None:
    """What was sent and could not be written down comes again under the same id: at least once."""
    identifier = office.register(receiver.url)
    office.tell(2)

    class Dying(Store):
        def __init__(self) -> None:
            self._inner, self._left = office.store, 1

        def snapshot(self) -> Any:
            return self._inner.snapshot()

        def transaction(self) -> Any:
            if not self._left:
                raise StoreUnavailable("killed")
            self._left -= 1
            return self._inner.transaction()

    courier = Courier(Dying(), office.vault, office.clock, SystemRandom(), office.settings)
    with pytest.raises(StoreUnavailable):
        courier.tick()
    assert (2, 0) == (len(receiver.got), office.look(identifier).position)

    assert 0 == office.run()
    office.clock.timestamp += 3600
    office.run()
    assert 2 * office.told() == receiver.ids


def test_a_rotated_secret_signs_beside_its_successor(office: Office, receiver: Receiver) -> None:
    """For the overlap a receiver may check by either secret, afterwards by the new one alone."""
    identifier = office.register(receiver.url)
    (old,) = office.secrets(identifier)
    office.write(
        lambda connection, **by: service.rotate(
            connection, office.vault, SystemRandom(), identifier, overlap_seconds=100, **by
        )
    )
    new, kept = office.secrets(identifier)
    assert old == kept != new
    office.tell()
    office.run()
    office.clock.timestamp += 100
    office.tell()
    office.run()

    both, alone = receiver.got
    assert 2 == len(both.headers["webhook-signature"].split(" "))
    for secret in (old, new):
        both.verified(secret)
    alone.verified(new)
    with pytest.raises(WebhookVerificationError):
        alone.verified(old)


def test_secrets_are_sealed(office: Office, receiver: Receiver, tmp_path: Any) -> None:
    """The database has no secret in it, and another folder's vault does not open what it has."""
    identifier = office.register(receiver.url)
    (secret,) = office.secrets(identifier)
    with office.store.snapshot() as connection:
        (sealed,) = connection.scalars(select(webhook_secrets.c.sealed))
        assert secret.encode() not in sealed
        with pytest.raises(KeystoreDamaged):
            service.secrets_of(connection, vault_in(tmp_path / "other"), identifier, at=0)


def test_one_is_sent_again(office: Office, receiver: Receiver) -> None:
    """A single event is sent again under its id, before what comes next."""
    identifier = office.register(receiver.url)
    office.tell(3)
    office.run()
    first, second, _ = office.told()
    office.write(service.resend, identifier, event=second)
    office.tell()
    office.run()
    assert [second, office.told()[-1]] == receiver.ids[3:]
    assert 0 == office.run()
    office.write(service.enable, identifier, cursor=first)
    office.run()
    assert office.told()[1:] == receiver.ids[5:]


def test_whose_cursor_was_moved_meanwhile_stays_there(office: Office, receiver: Receiver) -> None:
    """A person who sets a receiver back while it is sent to is not overruled by what was sent."""
    identifier = office.register(receiver.url)
    office.tell(3)
    office.run()
    first = office.told()[0]
    office.tell()
    receiver.behaviours = [
        lambda handler: (office.write(service.enable, identifier, cursor=first), answer(204)(handler))[1],
        answer(204),
    ]
    office.run()
    assert [*office.told()[3:], *office.told()[1:]] == receiver.ids[3:]


def test_disabled_and_removed_ones_get_nothing(office: Office, receiver: Receiver) -> None:
    """Neither who is disabled nor who is removed is sent to; a removed one leaves no secret."""
    identifier = office.register(receiver.url)
    office.tell()
    office.write(service.disable, identifier, because="moving")
    assert 0 == office.run()
    office.write(service.enable, identifier, cursor=None)
    office.write(service.remove, identifier)
    assert 0 == office.run()
    with office.store.snapshot() as connection:
        assert [] == list(connection.scalars(select(webhook_secrets.c.sealed)))


def test_the_log_is_bounded(office: Office, receiver: Receiver) -> None:
    """Of each receiver the newest attempts are kept."""
    identifier = office.register(receiver.url)
    office.tell(KEPT_MAX + 60)
    office.run()
    with office.store.snapshot() as connection:
        log = deliveries_of(connection, identifier, before=2**62, limit=10 * KEPT_MAX)
    assert KEPT_MAX == len(log)
    assert office.told()[-1] == log[0].event_id


def test_one_receiver_does_not_stop_another(office: Office, receiver: Receiver) -> None:
    """Who is away has its own pauses; the others have everything."""
    office.register("http://127.0.0.1:1/")
    office.register(receiver.url)
    office.tell(3)
    office.run()
    assert office.told() == receiver.ids


@given(st.integers(1, 100), st.binary(min_size=4, max_size=4))
def test_pauses_grow_to_a_limit(attempt: int, chance: bytes) -> None:
    """A pause is threefold the one before, a fifth more or less, and never above its limit and a fifth."""

    class Fixed:
        def bytes(self, count: int) -> bytes:
            return chance[:count]

    found = pause(attempt, Fixed())
    middle = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 3 ** (attempt - 1))
    assert middle * 0.8 - 1 <= found <= middle * 1.2 + 1
