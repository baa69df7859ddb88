"""docker-compose.yml agrees with the settings, commands, routes and files that really exist."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from tests.meta.tree import tracked_files

_ANVIL = "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text())
    return content


def test_settings_exist_and_hold(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable of the node is a setting, and the node accepts them all."""
    from node.settings import Settings, load_settings

    environment = compose["services"]["node"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert set() == set(environment) - {f"VOSTRO_{name.upper()}" for name in Settings.model_fields}
    settings = load_settings()
    assert settings.database_url.endswith("@postgresql:5432/vostro")


def test_node_finds_its_neighbours(compose: dict[str, Any]) -> None:
    """The addresses among the settings are services of the file, on the ports they listen on."""
    environment = compose["services"]["node"]["environment"]

    assert {"postgresql", "anvil"} == set(compose["services"]["node"]["depends_on"])
    assert "http://anvil:8545" == environment["VOSTRO_RPC_URL"]
    assert "--port=8545" in compose["services"]["anvil"]["command"]
    assert [f"127.0.0.1:{environment['VOSTRO_PORT']}:{environment['VOSTRO_PORT']}"] == (
        compose["services"]["node"]["ports"]
    )


def test_secrets_are_files(compose: dict[str, Any], root: Path) -> None:
    """A password reaches a service only as a file that it was given, and that git ignores."""
    for service in compose["services"].values():
        given = {f"/run/secrets/{name}" for name in service.get("secrets", [])}
        files = {
            value for value in service.get("environment", {}).values() if value.startswith("/run/secrets/")
        }
        assert given == files
        assert [] == [
            name
            for name in service.get("environment", {})
            if re.search("PASSWORD|SECRET|TOKEN", name) and not name.endswith("_FILE")
        ]
    for secret in compose["secrets"].values():
        subprocess.run(["git", "check-ignore", "--quiet", secret["file"]], cwd=root, check=True)


def test_commands_exist(compose: dict[str, Any], root: Path) -> None:
    """What the node is told to run is a command of `vostro`, and so is what the file's head says to type."""
    from node.cli.commands import app

    head = (root / "docker-compose.yml").read_text()
    typed = re.findall(r"^#   docker compose run --rm node (.+)$", head, re.MULTILINE)

    assert typed
    for words in (compose["services"]["node"]["command"], *(line.split() for line in typed)):
        command: Any = typer.main.get_command(app)
        for word in words:
            assert word in command.commands, words
            command = command.commands[word]
        assert not hasattr(command, "commands"), f"{words} names a group, not a command"


def test_health_is_a_route(compose: dict[str, Any]) -> None:
    """The node's health check asks for a path that the API has, on the node's own port."""
    from node.api import health

    asked = re.search(
        r"http://127\.0\.0\.1:(\d+)(/\w+)", compose["services"]["node"]["healthcheck"]["test"][-1]
    )

    assert asked
    assert compose["services"]["node"]["environment"]["VOSTRO_PORT"] == asked[1]
    assert asked[2] in {route.path for route in health.router.routes}  # type: ignore[attr-defined]


def test_image_copies_what_is_tracked(compose: dict[str, Any]) -> None:
    """The node's image is made of files that are in git."""
    dockerfile = compose["services"]["node"]["build"]["dockerfile_inline"]
    copied = [
        Path(name)
        for line in re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    tracked = set(tracked_files())
    known = tracked | {parent for path in tracked for parent in path.parents}

    assert copied
    assert [] == [path for path in copied if path not in known]


def test_anvil_takes_its_options(compose: dict[str, Any], root: Path) -> None:
    """The pinned anvil is the one that the tests use, and it knows every option it is given."""
    service = compose["services"]["anvil"]
    version = subprocess.run([root / _ANVIL, "--version"], capture_output=True, text=True, check=True).stdout
    options = [option for option in service["command"] if not option.startswith(("--host", "--state"))]

    assert service["image"].removeprefix("ghcr.io/foundry-rs/foundry:v") in version
    subprocess.run([root / _ANVIL, *options, "--help"], capture_output=True, check=True)


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    """No service takes whatever is newest."""
    images = {service["image"] for service in compose["services"].values() if "image" in service}

    assert images
    assert [] == [image for image in images if not re.search(r":v?\d+\.\d+", image)]
