"""Alembic's entry: runs the revisions on the connection that `run` hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as plain ones, so that a revision imports nothing of ours."""
    if kind == "type" and type(item).__module__.startswith("orchestrator"):
        return f"sa.{item.impl!r}"
    if kind == "type" and type(item).__module__.startswith("sqlmodel"):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    render_item=_render,
    render_as_batch=context.script.get_current_head() is not None,  # SQLite alters by copying
    transactional_ddl=True,
)
context.run_migrations()
