"""What pictures were before they were written again for release.

Revision: 0008
Before it: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; pictures that are under review now are as they came, see the documents."""
    op.create_table(
        "airlock_rewritten_files",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("original", sa.String(), nullable=False),
        sa.Column("original_size", sa.Integer(), nullable=False),
        sa.Column("loose", sa.Integer(), nullable=False),
        sa.Column("others", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "original_size >= 0 and loose >= 0 and others >= 0", name="airlock_rewritten_counts"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["airlock_files.id"]),
        sa.PrimaryKeyConstraint("file_id"),
    )
