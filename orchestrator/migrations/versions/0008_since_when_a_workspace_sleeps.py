"""Since when a workspace sleeps; what gateway and doors closed at a halt.

Revision: 0008
Before it: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both facts; no workspace slept before, and what halts closed was not written down."""
    op.create_table(
        "halts_heard",
        sa.Column("halt_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.CheckConstraint("closed >= 0", name="halt_heard_closed"),
        sa.ForeignKeyConstraint(["halt_id"], ["halts.id"]),
        sa.PrimaryKeyConstraint("halt_id", "role"),
    )
    op.add_column("workspaces", sa.Column("asleep_since", sa.DateTime(timezone=True), nullable=True))
