"""Who may come in: people's accounts and their sessions, machines' accounts, and who was refused."""

from sqlalchemy import Boolean, Column, ForeignKey, Table

from node.store.tables.metadata import Digest, Name, Whole, metadata

# People with an account of this node's own. Failures and locks outlive a process: guessing can't start anew.
users = Table(
    "users",
    metadata,
    Column("id", Name, primary_key=True),  # usr_…
    Column("name", Name, nullable=False, unique=True),  # lower case
    Column("roles", Name, nullable=False),  # between spaces
    Column("password", Name, nullable=False),  # argon2id, with its salt and costs
    Column("password_made_at", Whole, nullable=False),
    Column("temporary", Boolean, nullable=False),  # set by an operator: good for nothing but choosing another
    Column("second_factor", Digest),  # the TOTP secret, sealed by a key that is not in the database
    Column("code_step", Whole, nullable=False),  # of the newest code that was used: none older counts
    Column("failures", Whole, nullable=False),
    Column("locked_until", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("disabled_at", Whole),
)

# Who is logged in; a row is deleted at log-out.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Digest, primary_key=True),  # SHA-256 of the session's secret
    Column("user_id", Name, ForeignKey(users.c.id), nullable=False, index=True),
    Column("created_at", Whole, nullable=False),
    Column("seen_at", Whole, nullable=False),  # to the minute
)

# Machines that get access tokens, or come in by a certificate.
clients = Table(
    "clients",
    metadata,
    Column("id", Name, primary_key=True),  # cli_…
    Column("name", Name, nullable=False),
    Column("roles", Name, nullable=False),
    Column("digest", Digest, unique=True),  # SHA-256 of its secret, or of its certificate
    Column("method", Name, nullable=False),  # secret · key · certificate
    Column("public_key", Name),  # a JWK, which checks what the client signs
    Column("created_at", Whole, nullable=False),
    Column("disabled_at", Whole),
)

# What clients signed to get a token: each works once.
assertions = Table(
    "assertions",
    metadata,
    Column("digest", Digest, primary_key=True),  # SHA-256 of the client's id and the assertion's
    Column("client_id", Name, ForeignKey(clients.c.id), nullable=False, index=True),
    Column("expires_at", Whole, nullable=False),
)

# Who was refused, counted by hour: a flood makes one row higher, or goes into the hour's row of the others.
refusals = Table(
    "refusals",
    metadata,
    Column("hour", Whole, primary_key=True, autoincrement=False),  # its first second
    Column("code", Name, primary_key=True),
    Column("actor", Name, primary_key=True),  # empty: nobody known
    Column("method", Name, primary_key=True),
    Column("route", Name, primary_key=True),
    Column("address", Name, primary_key=True),
    Column("count", Whole, nullable=False),
    Column("last_at", Whole, nullable=False),
    Column("last_request", Name, nullable=False),  # its id, for the log
)
