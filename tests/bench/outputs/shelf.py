"""Where a generator puts its cases: numbered names, so that no name tells what is inside."""

from random import Random

from tests.bench.outputs.grid import Case


class Shelf:
    """Cases of one source in the making."""

    def __init__(self, source: str, random: Random) -> None:
        """Start empty."""
        self.source = source
        self.random = random
        self.cases: list[Case] = []

    def add(
        self,
        family: str,
        kind: str,
        ending: str,
        data: bytes | str,
        *rules: str,
        people: int = 0,
        path: str = "",
        held: bool = False,
        apart: bool = False,
        seen_by: tuple[str, ...] = (),
        released: tuple[tuple[str, bytes | str], ...] = (),
    ) -> None:
        """Put a file on the shelf under a neutral name, or under a name that matters."""
        raw = data.encode() if isinstance(data, str) else data
        earlier = tuple(
            (name, old.encode() if isinstance(old, str) else old) for name, old in released
        )
        name = path or f"output-{self.random.randrange(10**6):06d}.{ending}"
        self.cases.append(
            Case(name, raw, family, kind, self.source, frozenset(rules), people, held, apart,
                 frozenset(seen_by), earlier)
        )  # fmt: skip
