"""A process that counts up in a shared database: `lost_updates.py URL ours|hidden TIMES`.

`hidden` leaves transactions to the driver, as a fresh SQLAlchemy engine does on SQLite.
"""

import sys
import time

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from orchestrator import db


def count_up(session: Session) -> None:
    """Read, decide, write: what a service does."""
    seen = session.execute(text("select value from counter")).scalar_one()
    time.sleep(0.0005)
    session.execute(text("update counter set value = :v"), {"v": seen + 1})


def hidden(engine: Engine) -> None:
    """One transaction as the driver begins it: at the first write, after the read."""
    with Session(engine) as session:
        count_up(session)
        session.commit()


def ours(engine: Engine) -> None:
    """One transaction of ours."""
    with db.write(engine) as session:
        count_up(session)


def main() -> None:
    """Print how many of the updates were acknowledged."""
    url, mode, times = sys.argv[1:]
    engine = db.connect(url) if mode == "ours" else create_engine(url)
    done = 0
    for _ in range(int(times)):
        try:
            (ours if mode == "ours" else hidden)(engine)
            done += 1
        except OperationalError:
            pass
    sys.stdout.write(str(done))


if __name__ == "__main__":
    main()
