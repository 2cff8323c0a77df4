"""The release ledger.

Revision: 0005
Before it: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('ledger_tables',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('base', sa.Integer(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('base >= 1 and place >= 0', name='ledger_table_counts'),
    sa.ForeignKeyConstraint(['file_id'], ['airlock_files.id'], ),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('file_id', 'place', name='ledger_table_once')
    )
    with op.batch_alter_table('ledger_tables', schema=None) as batch_op:
        batch_op.create_index('ledger_table_request', ['request_id'], unique=False)

    op.create_table('ledger_cells',
    sa.Column('table_id', sa.String(), nullable=False),
    sa.Column('dataset', sa.String(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('lookup', sa.BigInteger(), nullable=False),
    sa.Column('value', sa.Float(), nullable=True),
    sa.Column('derived', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['table_id'], ['ledger_tables.id'], ),
    sa.PrimaryKeyConstraint('table_id', 'dataset', 'place')
    )
    with op.batch_alter_table('ledger_cells', schema=None) as batch_op:
        batch_op.create_index('ledger_cell_lookup', ['lookup', 'value'], unique=False)

    op.create_table('ledger_sources',
    sa.Column('table_id', sa.String(), nullable=False),
    sa.Column('dataset', sa.String(), nullable=False),
    sa.Column('snapshot', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['table_id'], ['ledger_tables.id'], ),
    sa.PrimaryKeyConstraint('table_id', 'dataset', 'snapshot')
    )
