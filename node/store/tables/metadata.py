"""The metadata that all tables share, and the few column types they are made of."""

from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Minor units, sequences, heights and times: signed 64 bits hold all of them.
Whole: TypeEngine[int] = BigInteger()
# SQLite gives row numbers by itself only to a column of type INTEGER.
RowNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
# Sorted by bytes in both stores, so that pages and digests are the same.
Name: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")
Digest: TypeEngine[bytes] = LargeBinary()

# `info` of a table whose rows nobody may edit or delete: triggers in both stores refuse it (R5).
APPEND_ONLY = {"append_only": True}
