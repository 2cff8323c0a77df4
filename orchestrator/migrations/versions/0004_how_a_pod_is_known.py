"""A server in a pod is known by the hash of its door secret; the doors are told where its hub is.

Revision: 0004
Before it: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two facts; servers of one machine have neither."""
    op.add_column("servers", sa.Column("door", sa.String(), nullable=True))
    op.add_column("servers", sa.Column("hub", sa.String(), nullable=True))
