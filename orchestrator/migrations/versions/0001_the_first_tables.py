"""The first tables.

Revision: 0001
Before it: 
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('airlock_reports',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('digest')
    )
    op.create_table('airlock_requests',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('author_id', sa.String(), nullable=False),
    sa.Column('author_organisation', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('direction', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason_code', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('files', sa.Integer(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(), nullable=True),
    sa.Column('policy_digest', sa.String(), nullable=True),
    sa.Column('outputs_policy_digest', sa.String(), nullable=True),
    sa.Column('verdict', sa.String(), nullable=True),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_reason', sa.String(), nullable=True),
    sa.CheckConstraint("direction = 'export'", name='airlock_request_direction'),
    sa.CheckConstraint("state in ('approved', 'blocked', 'checking', 'consolidating', 'draft', 'expired', 'in_review', 'recalled', 'rejected', 'released', 'returned', 'withdrawn')", name='airlock_request_state'),
    sa.CheckConstraint("state not in ('approved', 'released', 'expired', 'rejected') or decided_at is not null", name='airlock_request_decided_at'),
    sa.CheckConstraint("state not in ('released', 'expired') or released_at is not null", name='airlock_request_released_at'),
    sa.CheckConstraint('(released_at is null) = (expires_at is null)', name='airlock_request_released'),
    sa.CheckConstraint('(subject is null) = (submitted_at is null) and (policy_digest is null) = (submitted_at is null) and (outputs_policy_digest is null) = (submitted_at is null)', name='airlock_request_submitted'),
    sa.CheckConstraint('round >= 1 and files >= 0 and size >= 0', name='airlock_request_counts'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('airlock_request_author', 'airlock_requests', ['author_id', 'project_id'], unique=False)
    op.create_index('airlock_request_open_name', 'airlock_requests', ['project_id', 'name'], unique=True, sqlite_where=sa.text("not (state in ('expired', 'recalled', 'rejected', 'released', 'withdrawn'))"), postgresql_where=sa.text("not (state in ('expired', 'recalled', 'rejected', 'released', 'withdrawn'))"))
    op.create_index('airlock_request_queue', 'airlock_requests', ['rank', 'submitted_at', 'id'], unique=False, sqlite_where=sa.text("state in ('consolidating', 'in_review')"), postgresql_where=sa.text("state in ('consolidating', 'in_review')"))
    op.create_index('airlock_request_to_expire', 'airlock_requests', ['expires_at'], unique=False, sqlite_where=sa.text("state = 'released'"), postgresql_where=sa.text("state = 'released'"))
    op.create_index('airlock_request_to_release', 'airlock_requests', ['decided_at', 'id'], unique=False, sqlite_where=sa.text("state = 'approved'"), postgresql_where=sa.text("state = 'approved'"))
    op.create_index(op.f('ix_airlock_requests_project_id'), 'airlock_requests', ['project_id'], unique=False)
    op.create_table('audit_entries',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('record', sa.LargeBinary(), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('project', sa.String(), nullable=True),
    sa.Column('object_id', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('seq')
    )
    op.create_index(op.f('ix_audit_entries_action'), 'audit_entries', ['action'], unique=False)
    op.create_index(op.f('ix_audit_entries_actor'), 'audit_entries', ['actor'], unique=False)
    op.create_index(op.f('ix_audit_entries_object_id'), 'audit_entries', ['object_id'], unique=False)
    op.create_index(op.f('ix_audit_entries_project'), 'audit_entries', ['project'], unique=False)
    op.create_table('audit_nodes',
    sa.Column('level', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('level', 'position')
    )
    op.create_table('audit_refusals',
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('rule', sa.String(), nullable=False),
    sa.Column('minute', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('project', sa.String(), nullable=True),
    sa.Column('repeats', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('actor', 'rule', 'minute')
    )
    op.create_table('audit_texts',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('salt', sa.LargeBinary(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('seq')
    )
    op.create_table('halts',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('scope', sa.String(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resumed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resumed_by', sa.String(), nullable=True),
    sa.Column('resume_reason', sa.String(), nullable=True),
    sa.CheckConstraint("scope in ('person', 'project', 'dataset', 'installation')", name='halts_scope'),
    sa.CheckConstraint('(resumed_at is null) = (resumed_by is null)', name='halts_resume_paired'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('halts_once', 'halts', ['scope', 'target'], unique=True, sqlite_where=sa.text('resumed_at is null'), postgresql_where=sa.text('resumed_at is null'))
    op.create_index(op.f('ix_halts_target'), 'halts', ['target'], unique=False)
    op.create_table('organisations',
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('partner', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('slug')
    )
    op.create_table('pinned_policies',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('pinned_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest')
    )
    op.create_table('projects',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('lay_summary', sa.String(), nullable=False),
    sa.Column('lead_id', sa.String(), nullable=False),
    sa.Column('organisation', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason_code', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('plan', sa.String(), nullable=True),
    sa.Column('plan_digest', sa.String(), nullable=True),
    sa.Column('policy_digest', sa.String(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('permit', sa.String(), nullable=True),
    sa.Column('permit_digest', sa.String(), nullable=True),
    sa.Column('closing_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('prestart', sa.Boolean(), nullable=False),
    sa.CheckConstraint("state in ('draft', 'submitted', 'returned', 'declined', 'approved', 'active', 'suspended', 'closing', 'closed')", name='project_state'),
    sa.CheckConstraint('(permit is null) = (permit_digest is null)', name='project_permit'),
    sa.CheckConstraint('(plan is null) = (plan_digest is null) and (plan is null) = (policy_digest is null) and (plan is null) = (submitted_at is null)', name='project_plan'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_index(op.f('ix_projects_lead_id'), 'projects', ['lead_id'], unique=False)
    op.create_index(op.f('ix_projects_state'), 'projects', ['state'], unique=False)
    op.create_table('proofs',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('safe', sa.Boolean(), nullable=False),
    sa.Column('policy_digest', sa.String(), nullable=False),
    sa.Column('probes', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_proofs_slug'), 'proofs', ['slug'], unique=False)
    op.create_table('servers',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('observed', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=True),
    sa.Column('base_url', sa.String(), nullable=True),
    sa.Column('token', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('observed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('key'),
    sa.UniqueConstraint('project_id', 'person_id')
    )
    op.create_index(op.f('ix_servers_project_id'), 'servers', ['project_id'], unique=False)
    op.create_table('service_tokens',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('prefix', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('scopes', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('person', 'role')", name='service_tokens_kind'),
    sa.CheckConstraint('expires_at > created_at', name='service_tokens_expiry'),
    sa.PrimaryKeyConstraint('token_hash'),
    sa.UniqueConstraint('prefix')
    )
    op.create_index(op.f('ix_service_tokens_owner'), 'service_tokens', ['owner'], unique=False)
    op.create_table('usage',
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('minute', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path_class', sa.String(), nullable=False),
    sa.Column('requests', sa.Integer(), nullable=False),
    sa.Column('bytes_in', sa.Integer(), nullable=False),
    sa.Column('bytes_out', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('slug', 'handle', 'minute', 'path_class')
    )
    op.create_table('votes',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('subject_type', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=False),
    sa.Column('part', sa.String(), nullable=False),
    sa.Column('subject_digest', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('seat', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('actor_id', sa.String(), nullable=False),
    sa.Column('organisation', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('conditions', sa.String(), nullable=False),
    sa.Column('policy_digest', sa.String(), nullable=False),
    sa.Column('report_digest', sa.String(), nullable=True),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('phase', sa.String(), nullable=False),
    sa.Column('cast_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("phase in ('in_review', 'consolidating')", name='votes_phase'),
    sa.CheckConstraint("value in ('approve', 'return', 'reject', 'abstain', 'escalate')", name='votes_value'),
    sa.CheckConstraint("value not in ('return', 'reject') or reason <> ''", name='votes_reason'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject_type', 'subject_id', 'part', 'subject_digest', 'round', 'seat', 'person_id', 'phase', name='votes_once')
    )
    op.create_index(op.f('ix_votes_subject_id'), 'votes', ['subject_id'], unique=False)
    op.create_index('votes_of_person', 'votes', ['person_id', 'subject_id', 'round', 'seat'], unique=False)
    op.create_table('workspaces',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason_code', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('spec_digest', sa.String(), nullable=True),
    sa.Column('mounts_digest', sa.String(), nullable=True),
    sa.Column('mounted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('proof_id', sa.String(), nullable=True),
    sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.CheckConstraint("state in ('wanted', 'provisioning', 'proving', 'open', 'asleep', 'retiring', 'retired', 'failed', 'halted', 'unproved')", name='workspace_state'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_index(op.f('ix_workspaces_project_id'), 'workspaces', ['project_id'], unique=True)
    op.create_index(op.f('ix_workspaces_state'), 'workspaces', ['state'], unique=False)
    op.create_table('airlock_checks',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verdict', sa.String(), nullable=True),
    sa.Column('report_digest', sa.String(), nullable=True),
    sa.CheckConstraint('(done_at is null) = (report_digest is null) and (done_at is null) = (verdict is null)', name='airlock_check_done'),
    sa.CheckConstraint("kind in ('precheck', 'release', 'submission')", name='airlock_check_kind'),
    sa.ForeignKeyConstraint(['report_digest'], ['airlock_reports.digest'], ),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('airlock_check_budget', 'airlock_checks', ['project_id', 'asked_by', 'kind', 'asked_at'], unique=False)
    op.create_index('airlock_check_request', 'airlock_checks', ['request_id', 'kind', 'round'], unique=False)
    op.create_index('airlock_check_work', 'airlock_checks', ['asked_at', 'id'], unique=False, sqlite_where=sa.text('done_at is null'), postgresql_where=sa.text('done_at is null'))
    op.create_table('airlock_files',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('path_key', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('shows', sa.String(), nullable=False),
    sa.Column('population', sa.String(), nullable=False),
    sa.Column('control', sa.String(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verdict', sa.String(), nullable=True),
    sa.Column('report_digest', sa.String(), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heard', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=True),
    sa.CheckConstraint("outcome is null or outcome in ('approved', 'rejected', 'returned')", name='airlock_file_outcome'),
    sa.CheckConstraint("verdict is null or verdict in ('block', 'could-not-check', 'flag', 'not-applicable', 'pass')", name='airlock_file_verdict'),
    sa.CheckConstraint('(verdict is null) = (report_digest is null) and (verdict is null) = (checked_at is null)', name='airlock_file_checked'),
    sa.CheckConstraint('outcome is null or heard', name='airlock_file_heard'),
    sa.CheckConstraint('size >= 0', name='airlock_file_size'),
    sa.ForeignKeyConstraint(['report_digest'], ['airlock_reports.digest'], ),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('airlock_file_digest', 'airlock_files', ['digest'], unique=False)
    op.create_index('airlock_file_open', 'airlock_files', ['request_id', 'removed_at', 'heard', 'outcome'], unique=False)
    op.create_index('airlock_file_path', 'airlock_files', ['request_id', 'path_key'], unique=True, sqlite_where=sa.text('removed_at is null'), postgresql_where=sa.text('removed_at is null'))
    op.create_table('datasets',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('slug', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('summary', sa.String(), nullable=False),
    sa.Column('partner', sa.String(), nullable=False),
    sa.Column('sensitivity', sa.String(), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("sensitivity in ('identifying', 'open', 'pseudonymised')", name='dataset_sensitivity'),
    sa.ForeignKeyConstraint(['partner'], ['organisations.slug'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_index(op.f('ix_datasets_partner'), 'datasets', ['partner'], unique=False)
    op.create_table('grants',
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('dataset_slug', sa.String(), nullable=False),
    sa.Column('controller', sa.String(), nullable=False),
    sa.Column('needed', sa.Boolean(), nullable=False),
    sa.Column('excluded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('snapshot_id', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], ),
    sa.PrimaryKeyConstraint('project_id', 'dataset_slug')
    )
    op.create_index(op.f('ix_grants_dataset_slug'), 'grants', ['dataset_slug'], unique=False)
    op.create_table('members',
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('terms_version', sa.String(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role in ('lead', 'member')", name='member_role'),
    sa.CheckConstraint('(accepted_at is null) = (terms_version is null)', name='member_acceptance_paired'),
    sa.ForeignKeyConstraint(['project_id'], ['projects.id'], ),
    sa.PrimaryKeyConstraint('project_id', 'person_id')
    )
    op.create_index(op.f('ix_members_person_id'), 'members', ['person_id'], unique=False)
    op.create_table('people',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('handle', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('organisation', sa.String(), nullable=True),
    sa.Column('issuer', sa.String(), nullable=True),
    sa.Column('subject', sa.String(), nullable=True),
    sa.Column('actor_id', sa.String(), nullable=False),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_reason', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(issuer is null) = (subject is null)', name='people_subject_paired'),
    sa.CheckConstraint('(suspended_at is null) = (suspended_reason is null)', name='people_suspension_paired'),
    sa.ForeignKeyConstraint(['organisation'], ['organisations.slug'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('actor_id'),
    sa.UniqueConstraint('email'),
    sa.UniqueConstraint('handle'),
    sa.UniqueConstraint('issuer', 'subject', name='people_once_per_provider')
    )
    op.create_index(op.f('ix_people_organisation'), 'people', ['organisation'], unique=False)
    op.create_table('airlock_check_files',
    sa.Column('check_id', sa.String(), nullable=False),
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('path_key', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['check_id'], ['airlock_checks.id'], ),
    sa.ForeignKeyConstraint(['file_id'], ['airlock_files.id'], ),
    sa.PrimaryKeyConstraint('check_id', 'file_id')
    )
    op.create_index('airlock_check_file_path', 'airlock_check_files', ['request_id', 'path_key'], unique=False)
    op.create_table('airlock_comments',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('file_id', sa.String(), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('addressee', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("addressee in ('author', 'reviewers')", name='airlock_comment_addressee'),
    sa.ForeignKeyConstraint(['file_id'], ['airlock_files.id'], ),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_airlock_comments_request_id'), 'airlock_comments', ['request_id'], unique=False)
    op.create_table('airlock_releases',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('request_id', sa.String(), nullable=False),
    sa.Column('file_id', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['airlock_files.id'], ),
    sa.ForeignKeyConstraint(['request_id'], ['airlock_requests.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('request_id', 'file_id', 'digest')
    )
    op.create_table('certificates',
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('valid_until', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind in ('output_checker_certificate', 'researcher_training')", name='certificates_kind'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], ),
    sa.PrimaryKeyConstraint('person_id', 'kind')
    )
    op.create_table('handover_codes',
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('session_id', sa.String(), nullable=False),
    sa.Column('project', sa.String(), nullable=False),
    sa.Column('state_hash', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('expires_at > created_at', name='handover_codes_expiry'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], ),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_table('role_grants',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('granted_by', sa.String(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_by', sa.String(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role in ('researcher', 'checker', 'asset_owner', 'data_steward', 'lay_panel', 'methods_reviewer', 'administrator', 'auditor')", name='role_grants_role'),
    sa.CheckConstraint('(revoked_at is null) = (revoked_by is null)', name='role_grants_revocation_paired'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_role_grants_person_id'), 'role_grants', ['person_id'], unique=False)
    op.create_index('role_grants_once', 'role_grants', ['person_id', 'role'], unique=True, sqlite_where=sa.text('revoked_at is null'), postgresql_where=sa.text('revoked_at is null'))
    op.create_table('snapshots',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('dataset_id', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('reason_code', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dictionary', sa.String(), nullable=False),
    sa.Column('dictionary_digest', sa.String(), nullable=False),
    sa.Column('announced_by', sa.String(), nullable=False),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('manifest', sa.String(), nullable=True),
    sa.Column('digest', sa.String(), nullable=True),
    sa.Column('progress_done', sa.Integer(), nullable=False),
    sa.Column('progress_total', sa.Integer(), nullable=False),
    sa.Column('report_digest', sa.String(), nullable=True),
    sa.Column('facts', sa.String(), nullable=True),
    sa.Column('index_name', sa.String(), nullable=True),
    sa.Column('policy_digest', sa.String(), nullable=True),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_by', sa.String(), nullable=True),
    sa.Column('withdrawn_reason', sa.String(), nullable=True),
    sa.CheckConstraint("not (state in ('placing', 'proposed', 'published', 'retired', 'verifying')) or digest is not null", name='snapshot_named'),
    sa.CheckConstraint("not (state in ('published', 'retired')) or published_at is not null", name='snapshot_published'),
    sa.CheckConstraint("state in ('announced', 'placing', 'proposed', 'published', 'receiving', 'rejected', 'retired', 'verifying', 'withdrawn')", name='snapshot_state'),
    sa.CheckConstraint('(digest is null) = (manifest is null)', name='snapshot_manifest'),
    sa.CheckConstraint('(proposed_at is null) = (policy_digest is null)', name='snapshot_proposed'),
    sa.CheckConstraint('(withdrawn_at is null) = (withdrawn_reason is null) and (withdrawn_at is null) = (withdrawn_by is null)', name='snapshot_withdrawn'),
    sa.CheckConstraint('round >= 1 and progress_done >= 0 and progress_total >= 0', name='snapshot_counts'),
    sa.ForeignKeyConstraint(['dataset_id'], ['datasets.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_snapshots_announced_by'), 'snapshots', ['announced_by'], unique=False)
    op.create_index(op.f('ix_snapshots_dataset_id'), 'snapshots', ['dataset_id'], unique=False)
    op.create_index(op.f('ix_snapshots_digest'), 'snapshots', ['digest'], unique=False)
    op.create_index(op.f('ix_snapshots_state'), 'snapshots', ['state'], unique=False)
    op.create_index('snapshot_label', 'snapshots', ['dataset_id', 'label'], unique=True, sqlite_where=sa.text("published_at is not null or not (state in ('rejected', 'withdrawn'))"), postgresql_where=sa.text("published_at is not null or not (state in ('rejected', 'withdrawn'))"))
    op.create_table('step_ups',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('object_id', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('policy_digest', sa.String(), nullable=False),
    sa.Column('acr', sa.String(), nullable=False),
    sa.Column('auth_time', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('expires_at > created_at', name='step_ups_expiry'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_step_ups_person_id'), 'step_ups', ['person_id'], unique=False)
    op.create_table('web_sessions',
    sa.Column('secret_hash', sa.String(), nullable=False),
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('project', sa.String(), nullable=True),
    sa.Column('parent_id', sa.String(), nullable=True),
    sa.Column('acr', sa.String(), nullable=False),
    sa.Column('auth_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(project is null) = (parent_id is null)', name='web_sessions_parent'),
    sa.CheckConstraint('expires_at > created_at', name='web_sessions_expiry'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], ),
    sa.PrimaryKeyConstraint('secret_hash'),
    sa.UniqueConstraint('id')
    )
    op.create_index(op.f('ix_web_sessions_parent_id'), 'web_sessions', ['parent_id'], unique=False)
    op.create_index(op.f('ix_web_sessions_person_id'), 'web_sessions', ['person_id'], unique=False)
    op.create_index(op.f('ix_web_sessions_project'), 'web_sessions', ['project'], unique=False)
    op.create_table('airlock_downloads',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('release_id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['release_id'], ['airlock_releases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_airlock_downloads_release_id'), 'airlock_downloads', ['release_id'], unique=False)
    op.create_table('mountings',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('snapshot_id', sa.String(), nullable=False),
    sa.Column('project_id', sa.String(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['snapshot_id'], ['snapshots.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_mountings_project_id'), 'mountings', ['project_id'], unique=False)
    op.create_index(op.f('ix_mountings_snapshot_id'), 'mountings', ['snapshot_id'], unique=False)
    op.create_index('mounting_once', 'mountings', ['snapshot_id', 'project_id'], unique=True, sqlite_where=sa.text('until is null'), postgresql_where=sa.text('until is null'))
    op.create_table('snapshot_files',
    sa.Column('snapshot_id', sa.String(), nullable=False),
    sa.Column('path', sa.String(), nullable=False),
    sa.Column('path_key', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('size >= 0', name='snapshot_file_size'),
    sa.ForeignKeyConstraint(['snapshot_id'], ['snapshots.id'], ),
    sa.PrimaryKeyConstraint('snapshot_id', 'path'),
    sa.UniqueConstraint('snapshot_id', 'path_key', name='snapshot_file_once')
    )
    op.create_index(op.f('ix_snapshot_files_digest'), 'snapshot_files', ['digest'], unique=False)
    op.create_table('snapshot_reports',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('snapshot_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['snapshot_id'], ['snapshots.id'], ),
    sa.PrimaryKeyConstraint('digest')
    )
    op.create_index(op.f('ix_snapshot_reports_snapshot_id'), 'snapshot_reports', ['snapshot_id'], unique=False)
