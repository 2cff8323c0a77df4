"""Checkers may say that a finding is none, with the reason; it is counted per rule.

Revision: 0003
Before it: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "airlock_disagreements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("report_digest", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 0", name="airlock_disagreement_number"),
        sa.ForeignKeyConstraint(["file_id"], ["airlock_files.id"]),
        sa.ForeignKeyConstraint(["report_digest"], ["airlock_reports.digest"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_id", "report_digest", "number", "person_id"),
    )
    op.create_index(
        op.f("ix_airlock_disagreements_rule"), "airlock_disagreements", ["rule"], unique=False
    )
