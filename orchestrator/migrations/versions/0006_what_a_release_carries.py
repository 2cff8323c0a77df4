"""What a release carries: the digests of its record and of its manifest.

Revision: 0006
Before it: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('airlock_release_papers',
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('record', sa.String(), nullable=False),
    sa.Column('manifest', sa.String(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('request_id')
    )
