"""Where things lie: the checkout, the files of the day, and a folder for each player."""

from dataclasses import dataclass
from pathlib import Path

from scripts.demonstration.cast import Player

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).parent / "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folder of one demo. Each player's home has its keys, database, tokens and statements."""

    folder: Path

    @property
    def deployment_file(self) -> Path:
        """Return where the contracts are written down; it is there once the network is founded."""
        return self.folder / "deployment.json"

    @property
    def founding(self) -> Path:
        """Return the mark that all in the folder is the demo's own; it is made when the folder is empty."""
        return self.folder / "founding"

    @property
    def log(self) -> Path:
        """Return the log of all nodes."""
        return self.folder / "nodes.log"

    @property
    def certificate(self) -> Path:
        """Return the certificate of the doors where letters come in."""
        return self.folder / "doors.pem"

    @property
    def certificate_key(self) -> Path:
        """Return its private key."""
        return self.folder / "doors.key"

    def home(self, player: Player) -> Path:
        """Return a player's own folder, which nobody else may read."""
        home = self.folder / player.key
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    def secret(self, player: Player, name: str) -> Path:
        """Return the file of a player's secret."""
        return self.home(player) / name

    def write_secret(self, player: Player, name: str, value: str) -> None:
        """Write a player's secret into a file that only its owner may read."""
        path = self.secret(player, name)
        path.touch(mode=0o600)
        path.write_text(value + "\n")

    def statements(self, player: Player) -> Path:
        """Return the folder of a player's statements and status reports."""
        folder = self.home(player) / "statements"
        folder.mkdir(exist_ok=True)
        return folder
