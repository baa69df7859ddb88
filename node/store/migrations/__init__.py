"""Brings a database's tables to this version of the program (alembic, driven from here: no ini file)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from node.errors import StoreMismatch

_SCRIPTS = Path(__file__).parent
# Any number, the same in every version: processes that start together migrate one after the other.
_LOCK = 6_880_217


def migrate(connection: Connection) -> None:
    """Run what is missing inside the caller's transaction; raise `StoreMismatch` for a newer database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreMismatch(
            f"the database is at revision {current}, which this program does not know: it is of a newer one"
        )
    command.upgrade(config, "head")
