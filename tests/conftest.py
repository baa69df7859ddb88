"""Fixtures that every folder of tests may ask for: real stores, a real chain, the shared data."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from tests.chains import Anvil
from tests.stores import PostgresqlServer

# Two busy cores make any deadline a coin toss; scripts/test --fast and --deep load the other profiles.
settings.register_profile("usual", deadline=None, print_blob=True)
settings.register_profile("fast", settings.get_profile("usual"), max_examples=20)
settings.register_profile("deep", settings.get_profile("usual"), max_examples=2_000)
settings.load_profile("usual")

_ROOT = Path(__file__).parent.parent
_SHARED_DATA = _ROOT.parent / "shared" / "data"
_chain_ids = count(20_260_001)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """One server for the session; only a test with a server of its own may stop it."""
    with PostgresqlServer() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of a fresh, empty database on PostgreSQL."""
    database = postgresql_server.create_database()
    yield postgresql_server.url(database)
    postgresql_server.drop_database(database)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a fresh, empty database on SQLite."""
    return f"sqlite:///{tmp_path / 'vostro.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database; a test that asks for it runs once on each store."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def anvil() -> Iterator[Callable[..., Anvil]]:
    """A function that starts anvils, which end with the test.

    `chain = anvil()`, `anvil("--block-time", "1")`, `anvil(chain_id=7, port=8545)`.
    """
    started: list[Anvil] = []

    def start(*options: str, chain_id: int | None = None, port: int = 0) -> Anvil:
        chain = Anvil(*options, chain_id=chain_id or next(_chain_ids), port=port)
        started.append(chain)
        return chain

    yield start
    for chain in started:
        chain.stop()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder `shared/data` beside the checkout: ISO's schemas and sample messages."""
    if not _SHARED_DATA.is_dir():
        pytest.skip("needs the folder shared/data beside the checkout (ISO's schemas and samples)")
    return _SHARED_DATA


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return _ROOT
