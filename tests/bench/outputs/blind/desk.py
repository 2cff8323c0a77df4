"""Where files are laid down as they are made, each with what its label rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.bench.outputs.blind.facts import Claim
from tests.bench.outputs.grid import Case

SOURCE = "registry"


@dataclass
class Desk:
    """Files, and the claims of each by its path."""

    cases: list[Case] = field(default_factory=list)
    claims: dict[str, tuple[Claim, ...]] = field(default_factory=dict)

    def lay(
        self, path: str, data: bytes | str, family: str, kind: str, rules: str = "", *,
        claims: Sequence[Claim] = (), people: int = 0, held: bool = False, apart: bool = False,
        seen_by: str = "", released: Iterable[tuple[str, bytes]] = (),
    ) -> None:  # fmt: skip
        """Lay a file down; rules are named in one text, as `O01 O04`."""
        assert path not in self.claims, f"{path} is there twice"
        raw = data.encode() if isinstance(data, str) else data
        self.claims[path] = tuple(claims)
        self.cases.append(Case(
            path, raw, family, kind, SOURCE, frozenset(rules.split()), people, held, apart,
            frozenset(seen_by.split()), tuple(released),
        ))  # fmt: skip
