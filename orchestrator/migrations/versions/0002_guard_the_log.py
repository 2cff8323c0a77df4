"""The log only grows: triggers refuse to change, delete, replace or skip entries.

Revision: 0002
Before it: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GROWS = "raise(abort, 'the log only grows')"

# REPLACE deletes without a delete trigger, so the insert triggers refuse a place that is taken
SQLITE = [
    *(
        f"create trigger {table}_no_{verb} before {verb} on {table} begin select {GROWS}; end"
        for table, verb in [
            ("audit_entries", "update"),
            ("audit_entries", "delete"),
            ("audit_nodes", "update"),
            ("audit_nodes", "delete"),
            ("audit_texts", "update"),
        ]
    ),
    f"""create trigger audit_entries_no_gap before insert on audit_entries
    when new.seq <> (select coalesce(max(seq) + 1, 0) from audit_entries)
    begin select {GROWS}; end""",
    f"""create trigger audit_nodes_no_replace before insert on audit_nodes
    when exists (select 1 from audit_nodes where level = new.level and position = new.position)
    begin select {GROWS}; end""",
    f"""create trigger audit_texts_no_replace before insert on audit_texts
    when exists (select 1 from audit_texts where seq = new.seq)
    begin select {GROWS}; end""",
]

POSTGRESQL = [
    """create function log_only_grows() returns trigger language plpgsql as $$
    begin raise exception 'the log only grows'; end $$""",
    """create function log_has_no_gap() returns trigger language plpgsql as $$
    begin
        if new.seq <> (select coalesce(max(seq) + 1, 0) from audit_entries) then
            raise exception 'the log only grows';
        end if;
        return new;
    end $$""",
    *(
        f"create trigger {table}_no_{verb} before {verb} on {table} "
        f"for each {scope} execute function log_only_grows()"
        for table, verb, scope in [
            ("audit_entries", "update", "row"),
            ("audit_entries", "delete", "row"),
            ("audit_entries", "truncate", "statement"),
            ("audit_nodes", "update", "row"),
            ("audit_nodes", "delete", "row"),
            ("audit_nodes", "truncate", "statement"),
            ("audit_texts", "update", "row"),
        ]
    ),
    """create trigger audit_entries_no_gap before insert on audit_entries
    for each row execute function log_has_no_gap()""",
]


def upgrade() -> None:
    """Apply."""
    dialect = op.get_bind().dialect.name
    for statement in SQLITE if dialect == "sqlite" else POSTGRESQL:
        op.execute(statement)
