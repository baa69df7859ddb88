"""Alembic's own entry: runs the revisions on the connection that `node.store.migrations.migrate` brings."""

from alembic import context

from node.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
