"""A real token for the tests of this folder."""

import pytest

from tests.tokens import SoftHsm


@pytest.fixture(scope="module")
def soft_hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    """SoftHSM for these tests."""
    return SoftHsm(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def label(soft_hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> str:
    """The label of a fresh token that this process sees."""
    made = soft_hsm.new_token()
    soft_hsm.use(monkeypatch)
    return made
