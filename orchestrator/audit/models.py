"""Tables of the log. Triggers made by the migration refuse UPDATE and DELETE on the first two."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from orchestrator.db import UtcTime


class AuditEntry(SQLModel, table=True):
    """One record of the log.

    Shape: `seq` counts from 0 without a gap and is the leaf's index; `record` holds the bytes
    exactly as they were hashed; the other columns repeat parts of it for searching, and
    verification compares them.
    """

    __tablename__ = "audit_entries"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    leaf_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    action: str = Field(index=True)
    actor: str = Field(index=True)
    project: str | None = Field(default=None, index=True)
    object_id: str = Field(index=True)


class AuditNode(SQLModel, table=True):
    """The hash of one perfect subtree of at least two records; leaves are in `AuditEntry`."""

    __tablename__ = "audit_nodes"

    level: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class AuditText(SQLModel, table=True):
    """Words of a person, kept outside the tree so that they can be erased.

    Shape: the record holds SHA-256(salt ‖ text); deleting this row erases both and breaks nothing.
    """

    __tablename__ = "audit_texts"

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    salt: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))


class AuditRefusal(SQLModel, table=True):
    """Refusals of one person by one rule in one minute, after the first, which is in the log.

    Shape: `repeats` counts them until they are settled into one record and this row goes.
    """

    __tablename__ = "audit_refusals"

    actor: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    minute: datetime = Field(primary_key=True, sa_type=UtcTime)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    project: str | None = None
    repeats: int = 0


ENTRIES: Table = SQLModel.metadata.tables["audit_entries"]
NODES: Table = SQLModel.metadata.tables["audit_nodes"]
TEXTS: Table = SQLModel.metadata.tables["audit_texts"]
REFUSALS: Table = SQLModel.metadata.tables["audit_refusals"]
