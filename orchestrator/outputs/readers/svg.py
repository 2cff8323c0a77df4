"""SVG: texts and attributes, marks and steps turned back into values, scripts and pictures inside.

Source: outputs 4.2 (SVG) and 6.3 (un-plotting).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from orchestrator.outputs.form import Note, Observation
from orchestrator.outputs.readers import marks, stairs, xml
from orchestrator.outputs.readers.delimited import is_number
from orchestrator.outputs.readers.embedded import add_link
from orchestrator.outputs.readers.opening import Opening, Unreadable, below
from orchestrator.outputs.readers.prose import add_tables

Matrix = tuple[float, float, float, float, float, float]
_ONE: Matrix = (1, 0, 0, 1, 0, 0)
_STEP = re.compile(r"(translate|scale|matrix|rotate|skewX|skewY)\s*\(([^)]*)\)")
_NUMBERS = re.compile(r"[-+]?(?:[0-9]*\.)?[0-9]+(?:[eE][-+]?[0-9]+)?")
_TICK = re.compile(r"([xy])tick_[0-9]+\Z")
_SCRIPTS = frozenset({"script", "foreignObject", "handler", "iframe", "animate", "set"})
_CURVED = re.compile(r"[^MLml\d\s,.eE+-]|[ml]")
_RELATIVE = re.compile(r"[^MLCQSTmlcqst\d\s,.eE+-]|[mlcqst]")
_PIECE = re.compile(r"([A-Za-z])([^A-Za-z]*(?:[eE][-+]?[0-9][^A-Za-z]*)*)")
_CORNERS, _SMALL = 40, 12.0
"""Units: points, and of the drawing; a larger shape is no mark."""
_CONSOLE = re.compile(rb"monospace|\xe2\x94[\x80-\xbf]|\xe2\x95[\x80-\xbf]")
"""What draws a terminal: letters of one width, or the lines of a drawn table."""
_LINE_HEIGHT = 0.5
_WIDEST = 2000
"""Units: letters in a line of a terminal."""
_GAP = re.compile(r" {2,}")
_FEW = 3
_PLAIN = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?\Z")
_WRITTEN = 3
"""Units: numbers in a row of words that is a row of a table."""
_BENT, _VISITS = 3, 60
"""Units: corners; a line of fewer is a rule or a whisker, one of more a curve."""
_COURSES, _MANY = 10, 20
"""Units: lines; so many are compared with the source, so many are looked at anyway."""
_WORDS = 6
_LEVEL = 0.1
"""Units of the drawing: a line whose ends differ by less stands upright, or lies."""


@dataclass(frozen=True)
class _Bar:
    """A horizontal bar: where it begins, how long it is, and from where to where it stands."""

    left: float
    length: float
    top: float
    bottom: float


@dataclass
class _Drawing:
    groups: dict[tuple[str, str, str], list[marks.Point]] = field(default_factory=dict)
    ticks: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    lines: list[list[marks.Point]] = field(default_factory=list)
    bars: dict[str, list[_Bar]] = field(default_factory=dict)
    words: list[tuple[marks.Point, str]] = field(default_factory=list)
    rules: tuple[set[float], set[float]] = field(default_factory=lambda: (set(), set()))
    spoken: list[str] = field(default_factory=list)
    labels: list[tuple[marks.Point, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    ticked: bool = False
    active: int = 0


def read(opening: Opening, path: str, data: bytes) -> None:
    """Read a drawing. Errors: Unreadable NOT_XML, or TYPE_DISAGREES for XML of another kind."""
    document = xml.parse(data)
    if document.root.name != "svg":
        raise Unreadable(Note.TYPE_DISAGREES)
    drawing = _collected(document)
    notes = [Observation(Note.SCRIPT, count=drawing.active)] if drawing.active else []
    xml.add(opening, path, data, document, notes, tables=False)
    if drawing.spoken:
        opening.inner(f"{below(path)}spoken", "\n".join(drawing.spoken).encode(), kind="text")
    for name in ("text", "title", "desc"):  # what is drawn, and what a pointer over it shows
        words = _words(document.root, name)
        if words:
            where = "words" if name == "text" else f"{name}s"
            opening.inner(f"{below(path)}{where}", "\n".join(words).encode(), kind="text")
    across, up = (
        marks.fit(drawing.ticks.get(name, [])) or _scale(drawing, axis)
        for axis, name in enumerate("xy")
    )
    for turn, points in enumerate(_clouds(drawing), 1):
        marks.add(opening, f"{below(path)}marks/{turn}", points, across, up)
    _add_lines(opening, path, [one for one in drawing.lines if len(one) <= _VISITS], across, up)
    stairs.add(opening, f"{below(path)}stairs", drawing.lines, across, up)
    _add_bars(opening, path, drawing, across)
    screen = _CONSOLE.search(data) is not None
    if screen:
        add_tables(opening, f"{below(path)}screen", _screen(drawing.words))
    for turn, rows in enumerate([] if screen else _named_rows(drawing.words), 1):
        names = [f"column {at}" for at in range(1, len(rows[0]) + 1)]
        opening.table(opening.free(f"{below(path)}rows/{turn}"), names, rows, header=False)
    numbers = [] if screen else marks.written(drawing.labels, ticked=drawing.ticked)
    if numbers:
        opening.table(opening.free(f"{below(path)}labels"), ["label"], [[one] for one in numbers])
    for link in drawing.links:
        add_link(opening, f"{below(path)}links", link)


def _screen(words: Sequence[tuple[marks.Point, str]]) -> str:
    """Write what a terminal shows as lines of text, each word where it stood.

    Shape: as wide as a letter is the least that all words in a line leave room for.
    """
    lines: dict[int, list[tuple[float, str]]] = {}
    for (x, y), said in words:
        lines.setdefault(round(y / _LINE_HEIGHT), []).append((x, said.replace("\xa0", " ")))
    rows = [sorted(own) for _, own in sorted(lines.items())]
    width = min(
        ((b - a) / len(said) for own in rows for (a, said), (b, _) in pairwise(own) if b > a),
        default=1.0,
    )
    written = []
    for own in rows:
        line = ""
        for x, said in own:
            place = round((x - rows[0][0][0]) / width)
            line = line.ljust(min(place, _WIDEST)) + said
        written.append(line)
    return "\n".join(written)


def _named_rows(words: Sequence[tuple[marks.Point, str]]) -> list[list[list[str]]]:
    """Give the rows of words that begin with a name: the people at risk below a survival curve.

    Shape: tables of rows that are as long as one another; at least three numbers behind each name,
    because the numbers of an axis have none, or lie on a scale in the line of a name by chance.
    """
    lines: dict[int, list[tuple[float, str]]] = {}
    for (x, y), said in words:
        lines.setdefault(round(y), []).append((x, said))
    found: dict[int, list[list[str]]] = {}
    for _, own in sorted(lines.items()):
        cells = [cell for _, said in sorted(own) for cell in _GAP.split(said)]
        numbers = [(x, float(said)) for x, said in own if _PLAIN.match(said)]
        axis = len(numbers) >= _WRITTEN and marks.fit(numbers) is not None
        if not axis and not is_number(cells[0]) and sum(map(is_number, cells[1:])) >= _WRITTEN:
            found.setdefault(len(cells), []).append(cells)
    return [*found.values()]


def _clouds(drawing: _Drawing) -> list[list[marks.Point]]:
    """Give the marks that look alike: a symbol that groups of a panel repeat is one kind."""
    found: dict[tuple[str, ...], list[marks.Point]] = {}
    for (panel, what, symbol), points in drawing.groups.items():
        if len(points) > _FEW:
            found.setdefault((panel, symbol) if symbol else (panel, what, ""), []).extend(points)
    return [*found.values()]


def _words(root: xml.Node, name: str) -> list[str]:
    return [text for node in root.every(name) if (text := node.text().strip())]


def _collected(document: xml.Document) -> _Drawing:
    """Walk all elements with where they are drawn."""
    drawing = _Drawing()
    said: dict[int, str] = {}
    for parent, text in document.comments:
        said.setdefault(id(parent), text.strip())
    waiting: list[tuple[xml.Node, Matrix, str, str, str]] = [(document.root, _ONE, "", "", "")]
    while waiting:
        node, matrix, group, tick, panel = waiting.pop()
        panel = node.get("clip-path") or panel
        if node.get("transform"):
            matrix = _times(matrix, _matrix(node.get("transform")))
        drawing.active += node.name in _SCRIPTS or any(key.startswith("on")
                                                       for key in node.attributes)  # fmt: skip
        drawing.active += node.get("href").lower().startswith("javascript:")
        if said_aloud := " ".join(node.get("aria-label").split()):
            drawing.spoken.append(said_aloud)
        if node.get("href").startswith("data:"):
            drawing.links.append(node.get("href"))
        found = _TICK.match(node.get("id"))
        drawing.ticked |= found is not None
        if found:
            _tick(drawing, node, found[1], said)
            tick = found[1]
        if not tick:
            _mark(drawing, node, matrix, group, panel)
            _line(drawing, node, matrix)
        _rule(drawing, node, matrix)
        if not tick or node.name == "text":
            _bar(drawing, node, matrix)
            drawing.labels += drawing.words[-1:] if node.name == "text" and not tick else []
        if node.name == "defs":
            continue
        inner = node.get("id") if node.name == "g" and node.get("id") else group
        waiting += [(child, matrix, inner, tick, panel) for child in reversed(node.children())]
    return drawing


def _mark(drawing: _Drawing, node: xml.Node, matrix: Matrix, group: str, panel: str) -> None:
    """Note where a mark stands: a repeated shape, a circle, or a small shape at its place."""
    place: tuple[float, float] | None = None
    what = f"{group} {node.name} {node.get('class')}", ""
    if node.name == "use":
        place = (_number(node.get("x", "0")), _number(node.get("y", "0")))
        what = what[0], node.get("href")
    elif node.name in {"circle", "ellipse"}:
        place = (_number(node.get("cx", "0")), _number(node.get("cy", "0")))
    elif node.name == "path" and node.get("transform").startswith(("translate", "matrix")):
        place = (0.0, 0.0)
    elif node.name == "path":
        place = _middle(node.get("d"))
    if place is not None:
        drawing.groups.setdefault((panel, *what), []).append(_moved(matrix, place))


def _middle(shape: str) -> marks.Point | None:
    """Give the middle of a small closed shape that is drawn where it stands.

    Shape: only absolute points, as pairs.
    """
    if shape.strip()[-1:] not in {"z", "Z"} or _RELATIVE.search(shape.strip()[:-1]):
        return None
    given = [float(one) for one in _NUMBERS.findall(shape)]
    across, up = given[::2], given[1::2]
    if not _BENT <= len(up) <= _CORNERS or len(across) != len(up):
        return None
    left, right, top, bottom = min(across), max(across), min(up), max(up)
    small = 0 < right - left <= _SMALL and 0 < bottom - top <= _SMALL
    return ((left + right) / 2, (top + bottom) / 2) if small else None


def _line(drawing: _Drawing, node: xml.Node, matrix: Matrix) -> None:
    """Note a line of several straight pieces; what is closed or curved is a shape."""
    if node.name == "polyline":
        given = [float(one) for one in _NUMBERS.findall(node.get("points"))]
        points = [*zip(given[::2], given[1::2], strict=False)]
    else:
        points = _straight(node.get("d")) if node.name == "path" else []
    if len(points) >= _BENT:
        drawing.lines.append([_moved(matrix, point) for point in points])


def _straight(shape: str) -> list[marks.Point]:
    """Give the corners of a path of straight pieces; none of a path that is closed or curved."""
    points: list[marks.Point] = []
    x = y = 0.0
    for command, text in _PIECE.findall(shape):
        given = [float(one) for one in _NUMBERS.findall(text)]
        if command.upper() not in "MLHV":
            return []
        here = command.islower()
        for at in range(0, len(given), 1 if command in "HhVv" else 2):
            if command in "Hh":
                x = given[at] + (x if here else 0.0)
            elif command in "Vv":
                y = given[at] + (y if here else 0.0)
            elif at + 1 < len(given):
                x = given[at] + (x if here else 0.0)
                y = given[at + 1] + (y if here else 0.0)
            points.append((x, y))
    return points


def _rule(drawing: _Drawing, node: xml.Node, matrix: Matrix) -> None:
    """Note where a tick or a line of a grid crosses an axis."""
    if node.name == "line":
        ends = [(_number(node.get(f"x{at}", "0")), _number(node.get(f"y{at}", "0"))) for at in "12"]
    elif node.name in {"polyline", "path"}:
        given = [float(one) for one in _NUMBERS.findall(node.get("points") or node.get("d"))][:4]
        straight = node.name == "polyline" or not _CURVED.search(node.get("d"))
        ends = [*zip(given[::2], given[1::2], strict=False)] if straight else []
    else:
        return
    if len(ends) == 2:
        first, second = (_moved(matrix, end) for end in ends)
        for axis in (0, 1):
            if abs(first[axis] - second[axis]) < _LEVEL < abs(first[1 - axis] - second[1 - axis]):
                drawing.rules[axis].add(first[axis])


def _bar(drawing: _Drawing, node: xml.Node, matrix: Matrix) -> None:
    """Note a bar that lies, and a word that may stand beside one or below an axis."""
    x, y = (_number(node.get(name, "0")) for name in "xy")
    corners = _box(node.get("d")) if node.name == "path" else None
    if node.name == "rect":
        wide, high = (_number(node.get(name, "0")) for name in ("width", "height"))
        corners = (x, y), (x + wide, y + high)
    if corners is not None:
        (left, top), (right, bottom) = (_moved(matrix, corner) for corner in corners)
        what = f"{left:.5g} {bottom - top:.4g}"
        drawing.bars.setdefault(what, []).append(_Bar(left, right - left, top, bottom))
    elif node.name == "text" and (said := node.text().strip()):
        drawing.words.append((_moved(matrix, (x, y)), said))


def _box(shape: str) -> tuple[marks.Point, marks.Point] | None:
    """Give two corners of a shape that is a closed box, as some programs draw a bar."""
    if shape.strip()[-1:] not in {"z", "Z"} or _CURVED.search(shape.strip()[:-1]):
        return None
    given = [float(one) for one in _NUMBERS.findall(shape)]
    across, up = given[::2], given[1::2]
    if len(given) not in {8, 10} or len(set(across)) != 2 or len(set(up)) != 2:
        return None
    return (min(across), min(up)), (max(across), max(up))


def _scale(drawing: _Drawing, axis: int) -> marks.Scale | None:
    """Read an axis off the numbers below or beside it: the longest row of them on one scale."""
    rows: dict[float, list[tuple[float, float]]] = {}
    for place, said in drawing.words:
        plain = said.replace("\u2212", "-").replace(",", "").strip(" %<>≤≥~")
        if is_number(plain):
            rows.setdefault(round(place[1 - axis], 1), []).append((place[axis], float(plain)))
    for ticks in sorted(rows.values(), key=len, reverse=True):
        scale = marks.beside(ticks, [*drawing.rules[axis]]) if len(ticks) >= _FEW else None
        if scale is not None:
            return scale
    return None


def _add_lines(
    opening: Opening,
    path: str,
    lines: Sequence[Sequence[marks.Point]],
    across: marks.Scale | None,
    up: marks.Scale | None,
) -> None:
    """Compare the corners of many lines: one for each person is a course of everybody's values."""
    points = [point for line in lines for point in line]
    if len(lines) < _COURSES or not (across and up):
        return
    notes = [Observation(Note.SENTENCE)]
    if len(lines) >= _MANY and len(points) > opening.caps.marks:
        notes.append(Observation(Note.MARKS, count=len(points)))
    opening.table(opening.free(f"{below(path)}lines"), ["x", "y"],
                  marks.rows(points, across, up), notes=notes)  # fmt: skip


def _add_bars(opening: Opening, path: str, drawing: _Drawing, across: marks.Scale | None) -> None:
    """Compare the lengths of many bars, each with what is written beside it."""
    for turn, bars in enumerate(drawing.bars.values(), 1):
        if len(bars) < _COURSES or across is None:
            continue
        start = across.value(bars[0].left)
        ends = marks.values([bar.left + bar.length for bar in bars], across)
        said = [_beside(drawing.words, bar) for bar in bars]
        width = max(map(len, said))
        rows = [[f"{float(end) - start:g}", *own, *[""] * (width - len(own))]
                for end, own in zip(ends, said, strict=True)]  # fmt: skip
        names = ["length", *(f"word {at}" for at in range(1, width + 1))]
        notes = [Observation(Note.SENTENCE)]
        opening.table(opening.free(f"{below(path)}bars/{turn}"), names, rows, notes=notes)


def _beside(words: Sequence[tuple[marks.Point, str]], bar: _Bar) -> list[str]:
    """List the words in the line of a bar; the foot of a letter stands a little below it."""
    own = (said for (_, y), said in words if bar.top <= y <= 2 * bar.bottom - bar.top)
    return [word for said in own for word in said.split()][:_WORDS]


def _tick(drawing: _Drawing, node: xml.Node, axis: str, said: dict[int, str]) -> None:
    """Read one tick: where its line stands, and its label as text or in a comment."""
    lines = list(node.every("use"))
    labels = [said[id(one)] for one in (node, *node.every("g")) if id(one) in said]
    labels += [one.text().strip() for one in node.every("text")]
    if not lines or not labels:
        return
    try:
        value = float(labels[0].replace("\u2212", "-").replace(",", ""))
    except ValueError:
        power = re.search(r"10\^\{?([-\u22120-9]+)\}?", labels[0].replace("\\mathdefault", ""))
        if not power:
            return
        value = 10.0 ** int(power[1].replace("\u2212", "-"))
    position = _number(lines[0].get("x" if axis == "x" else "y", "0"))
    drawing.ticks.setdefault(axis, []).append((position, value))


def _number(text: str) -> float:
    found = _NUMBERS.match(text.strip())
    return float(found[0]) if found else 0.0


def _matrix(text: str) -> Matrix:
    found = _ONE
    for name, inner in _STEP.findall(text):
        found = _times(found, _step(name, [float(one) for one in _NUMBERS.findall(inner)]))
    return found


def _step(name: str, given: list[float]) -> Matrix:
    match name, len(given):
        case "translate", 1 | 2:
            return (1, 0, 0, 1, given[0], given[1] if len(given) > 1 else 0)
        case "scale", 1 | 2:
            return (given[0], 0, 0, given[-1], 0, 0)
        case "matrix", 6:
            return (given[0], given[1], given[2], given[3], given[4], given[5])
        case _:
            return _ONE


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j,
            a * k + c * m + e, b * k + d * m + f)  # fmt: skip


def _moved(matrix: Matrix, place: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    x, y = place
    return (a * x + c * y + e, b * x + d * y + f)
