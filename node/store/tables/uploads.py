"""Files that are read in the background: where each stands, what it holds, what of it could not be taken."""

from sqlalchemy import Column, ForeignKey, Table

from node.store.tables.metadata import APPEND_ONLY, Digest, Name, Whole, metadata

# A file that is read in the background, and how far that has come; its pieces are dropped at the end.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Name, primary_key=True),  # file_…, as in `files` once it is accepted
    Column("actor", Name, nullable=False),
    Column("entered_by", Name, nullable=False),
    Column("form", Name, nullable=False),  # node.services.incoming_files.FileForm
    Column("body_digest", Digest, nullable=False),  # SHA-256
    Column("bytes", Whole, nullable=False),
    Column("state", Name, nullable=False, index=True),  # node.services.uploads.UploadState
    Column("checked", Whole, nullable=False),  # transactions
    Column("taken", Whole, nullable=False),
    Column("transactions", Whole),  # None until all are checked
    Column("repeats", Name),  # the file that it is, if that was accepted before
    Column("faults", Name, nullable=False),  # JSON
    Column("claimed_by", Name),  # who is reading it, and until when nobody else will
    Column("claimed_until", Whole, nullable=False),
    Column("created_at", Whole, nullable=False),
    Column("updated_at", Whole, nullable=False),
)
upload_pieces = Table(
    "upload_pieces",
    metadata,
    Column("upload_id", Name, ForeignKey(uploads.c.id), primary_key=True),
    Column("position", Whole, primary_key=True),
    Column("data", Digest, nullable=False),
)
# Transactions of an accepted file that could not be taken any more when their turn came.
upload_refusals = Table(
    "upload_refusals",
    metadata,
    Column("upload_id", Name, ForeignKey(uploads.c.id), primary_key=True),
    Column("position", Whole, primary_key=True),  # in the file, from 0
    Column("path", Name, nullable=False),
    Column("code", Name, nullable=False),
    Column("detail", Name, nullable=False),
    Column("end_to_end_id", Name, nullable=False),
    Column("uetr", Name),
    Column("currency", Name, nullable=False),
    Column("amount", Whole, nullable=False),
    Column("document", Name, nullable=False),  # JSON, as the file says it
    Column("at", Whole, nullable=False),
    info=APPEND_ONLY,
)
