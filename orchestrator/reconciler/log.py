"""Signs the log: the reconciler alone holds the key, and signs forward only."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.audit import checkpoint
from orchestrator.bootstrap.hands import Hands
from orchestrator.reconciler.lane import Work


def due(_hands: Hands, _now: datetime) -> Sequence[str]:
    """Always look: whether a checkpoint is due is the log's own rule."""
    return ("log",)


def sign(hands: Hands, _row: str, now: datetime) -> bool:
    """Sign what was appended, if it is time.

    Errors: Tampered when the log is not what was signed; nothing is signed then, ever.
    """
    checkpoint.sign_if_due(hands.db, hands.signer, hands.checkpoints, now)
    return False


WORK = Work("log", due, sign)
