"""[pure] What a PDF's pages show: texts where they stand, and marks that are drawn again and again.

Only positions and texts are followed; nothing is drawn.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers import marks, stairs
from orchestrator.outputs.readers.opening import Unreadable
from orchestrator.outputs.readers.pdf_objects import Name, Objects, Stream, Value, read, skip_space

Matrix = tuple[float, float, float, float, float, float]
_ONE: Matrix = (1, 0, 0, 1, 0, 0)
_OPERATOR = re.compile(rb"[A-Za-z'\"*][A-Za-z0-9'\"*]*")
_LOOKS = re.compile(rb"(?:^|[\s\]>)])(?:BT|ET|Tj|TJ|Do|cm|re|gs|d0|d1|[mlcfFSnWQq])(?=\s|$)")
_CODES = re.compile(rb"<([0-9A-Fa-f\s]+)>")
_ITEMS = re.compile(rb"<[0-9A-Fa-f\s]+>|\[[^\]]*\]")
_BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_NAMED = re.compile(r"uni([0-9A-Fa-f]{4})\Z")
_GLYPHS = {
    "space": " ", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "period": ".", "comma": ",",
    "hyphen": "-", "minus": "-", "plus": "+", "parenleft": "(", "parenright": ")", "colon": ":",
    "semicolon": ";", "slash": "/", "percent": "%", "equal": "=", "underscore": "_",
}  # fmt: skip
_DEPTH = 12
_DASH = 12.0  # points: a longer line is no tick
_ALIKE = 4
"""Units: parts of a point; positions are printed rounded, and so are the sizes of marks."""
_CORNERS = 40
"""An outline of more points is a drawing and no mark."""
_OUTLINES = frozenset({"re", "c", "v", "y"})
_PAINTS = frozenset({"S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n"})
_STEPS = 400_000
_BOX = range(4, 6)
"""Units: corners."""
_MANY, _FREE, _OWN, _STANDING = 50, 8, 0.5, 0.8
"""Units: bars or lines; distances between them; shares of places, and of bars on one line."""


@dataclass(frozen=True)
class Piece:
    """One shown text: where it starts and ends across, its line, and the size of its letters.

    Shape: `top` is where the line ends; a text that is turned ends higher than it starts.
    """

    x: float
    end: float
    y: float
    size: float
    text: str
    top: float


@dataclass
class Drawn:
    """What a page shows: texts, and where each form or small outline is drawn."""

    pieces: list[Piece] = field(default_factory=list)
    forms: dict[str, list[marks.Point]] = field(default_factory=lambda: defaultdict(list))
    dashes: list[list[marks.Point]] = field(default_factory=list)
    strokes: list[list[marks.Point]] = field(default_factory=list)
    lines: list[list[marks.Point]] = field(default_factory=list)
    bars: dict[tuple[int, ...], list[tuple[float, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    shapes: dict[tuple[int, ...], list[marks.Point]] = field(
        default_factory=lambda: defaultdict(list)
    )
    steps: int = 0


@dataclass
class _Font:
    wide: bool
    texts: dict[int, str]
    widths: dict[int, float]
    unit: float

    def spell(self, raw: bytes) -> tuple[str, float]:
        """Give the text of character codes, and its width in units of the letters' size."""
        step = 2 if self.wide else 1
        codes = [int.from_bytes(raw[at : at + step], "big") for at in range(0, len(raw), step)]
        text = "".join(self.texts.get(code, chr(code) if 31 < code < 0x300 else "\ufffd")
                       for code in codes)  # fmt: skip
        return text, sum(self.widths.get(code, 0.5 / self.unit) for code in codes) * self.unit


Plain = Callable[[Stream], bytes]


def is_instructions(content: bytes) -> bool:
    """Whether bytes look like a page's or a form's instructions."""
    return bool(_LOOKS.search(content[:2000]))


def drawn(objects: Objects, page: dict[str, Value], plain: Plain) -> Drawn:
    """Follow a page's instructions. Errors: Unreadable for instructions that make no sense."""
    contents = objects.get(page.get("Contents"))
    streams = contents if isinstance(contents, list) else [contents]
    body = b"\n".join(
        plain(one) for part in streams if isinstance(one := objects.get(part), Stream)
    )
    found = Drawn()
    _follow(objects, body, _resources(objects, page), plain, found, _ONE, 0)
    return found


def _resources(objects: Objects, page: dict[str, Value]) -> dict[str, Value]:
    for _ in range(20):
        if "Resources" in page:
            return objects.facts(page["Resources"])
        page = objects.facts(page.get("Parent"))
    return {}


@dataclass
class _State:
    matrix: Matrix
    font: _Font | None = None
    size: float = 1.0
    leading: float = 0.0
    line: Matrix = _ONE
    text: Matrix = _ONE
    panel: tuple[int, ...] = ()


def _follow(
    objects: Objects,
    body: bytes,
    resources: dict[str, Value],
    plain: Plain,
    found: Drawn,
    matrix: Matrix,
    depth: int,
) -> None:
    if depth > _DEPTH:
        raise Unreadable(Note.TOO_DEEP)
    state, saved, path = _State(matrix), list[_State](), list[marks.Point]()
    outline: list[marks.Point] = []
    fonts = objects.facts(resources.get("Font"))
    forms = objects.facts(resources.get("XObject"))
    known: dict[str, _Font] = {}
    for operator, given in _steps(body):
        found.steps += 1
        if found.steps > _STEPS:
            raise Unreadable(Note.CAPPED)
        if operator == "q":
            saved.append(_State(**vars(state)))
        elif operator == "Q" and saved:
            state = saved.pop()
        elif operator == "cm" and len(given) == 6:
            state.matrix = times(_as_matrix(given), state.matrix)
        elif operator == "Tf" and len(given) == 2:
            name = str(given[0])
            if name not in known:
                known[name] = _font(objects, objects.facts(fonts.get(name)), plain)
            state.font, state.size = known[name], _number(given[1])
        elif operator == "Do" and given:
            name = str(given[0])
            found.forms[name].append((state.matrix[4], state.matrix[5]))
            form = objects.get(forms.get(name))
            if isinstance(form, Stream) and form.facts.get("Subtype") == "Form":
                inner = objects.facts(form.facts.get("Resources")) or resources
                placed = times(_as_matrix(objects.items(form.facts.get("Matrix"))), state.matrix)
                if len(found.forms[name]) == 1:  # what a form shows is read once
                    _follow(objects, plain(form), inner, plain, found, placed, depth + 1)
        elif operator in {"m", "l"} and len(given) == 2:
            point = times((1, 0, 0, 1, _number(given[0]), _number(given[1])), state.matrix)
            path = [*(path if operator == "l" else []), (point[4], point[5])][-3:]
            outline += _corners(operator, given, state.matrix)
        elif operator in _OUTLINES:
            outline += _corners(operator, given, state.matrix)
        elif operator in {"W", "W*"} and outline:
            state.panel = tuple(round(one) for point in outline for one in point)
        elif operator in _PAINTS:
            if operator != "n":
                _mark(outline, found, state.panel)
            if operator == "S" and len(outline) > 2 * stairs.FEWEST:
                found.lines.append(outline)
            outline = []
            if operator != "n" and len(path) == 2:
                found.strokes.append(path)
                if math.dist(*path) < _DASH:
                    found.dashes.append(path)
            path = []
        else:
            _text(operator, given, state, found)


def _corners(operator: str, given: Sequence[Value], matrix: Matrix) -> list[marks.Point]:
    """Give the points of one step of an outline where it stands on the page."""
    numbers = [_number(one) for one in given]
    if operator == "re" and len(numbers) == 4:
        x, y, width, height = numbers
        numbers = [x, y, x + width, y, x + width, y + height, x, y + height]
    places = zip(numbers[::2], numbers[1::2], strict=False)
    return [times((1, 0, 0, 1, x, y), matrix)[4:] for x, y in places]


def _mark(outline: Sequence[marks.Point], found: Drawn, panel: tuple[int, ...]) -> None:
    """Remember where a small closed shape is painted, by its form and the panel it is cut to."""
    if not 2 < len(outline) <= _CORNERS:
        return
    left, low = min(x for x, _ in outline), min(y for _, y in outline)
    right, high = max(x for x, _ in outline), max(y for _, y in outline)
    if max(right - left, high - low) <= _DASH:
        size = (round(_ALIKE * one) for one in (right - left, high - low))
        form = *panel, len(outline), *size
        found.shapes[form].append(((left + right) / 2, (low + high) / 2))
    if right - left <= _DASH and len(outline) in _BOX:
        bar = *panel, round(_ALIKE * (right - left))
        found.bars[bar].append(((left + right) / 2, low, high))


def _text(operator: str, given: list[Value], state: _State, found: Drawn) -> None:
    """Follow one instruction about text."""
    match operator:
        case "BT":
            state.line = state.text = _ONE
        case "Tm" if len(given) == 6:
            state.line = state.text = _as_matrix(given)
        case "Td" | "TD" if len(given) == 2:
            state.leading = -_number(given[1]) if operator == "TD" else state.leading
            _move(state, _number(given[0]), _number(given[1]))
        case "TL" if given:
            state.leading = _number(given[0])
        case "T*":
            _move(state, 0, -state.leading)
        case "Tj" | "'" | '"' if given:
            if operator != "Tj":
                _move(state, 0, -state.leading)
            _show(given[-1], state, found)
        case "TJ" if given and isinstance(given[0], list):
            for item in given[0]:
                if isinstance(item, float):
                    shift = -item / 1000 * state.size
                    state.text = times((1, 0, 0, 1, shift, 0), state.text)
                else:
                    _show(item, state, found)
        case _:
            pass


def _move(state: _State, x: float, y: float) -> None:
    state.line = state.text = times((1, 0, 0, 1, x, y), state.line)


def _show(value: Value, state: _State, found: Drawn) -> None:
    if not isinstance(value, bytes):
        return
    font = state.font or _Font(False, {}, {}, 0.001)
    text, width = font.spell(value)
    shift = times((1, 0, 0, 1, width * state.size, 0), state.text)
    start, end = times(state.text, state.matrix), times(shift, state.matrix)
    size = abs(start[3] or start[1]) * state.size or 1.0
    found.pieces.append(Piece(start[4], end[4], start[5], size, text, end[5]))
    state.text = shift


def laid_out(pieces: list[Piece]) -> str:
    """Write texts as lines: those at one height together, wide gaps as wide gaps."""
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (-one.y, one.x)):
        if lines and abs(lines[-1][0].y - piece.y) < 0.4 * piece.size:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    texts: list[str] = []
    last: Piece | None = None
    for line in lines:
        if last and last.y - line[0].y > 3.5 * last.size:
            texts.append("")
        texts.append(_line(sorted(line, key=lambda one: one.x)))
        last = line[0]
    return "\n".join(texts)


def _line(pieces: list[Piece]) -> str:
    text, end = "", pieces[0].x
    for piece in pieces:
        gap = (piece.x - end) / piece.size
        text += "" if not text or gap < 0.15 else " " if gap < 0.6 else "   "
        text += piece.text
        end = max(end, piece.end)
    return text.strip()


def clouds(found: Drawn) -> Iterator[list[marks.Point]]:
    """Give groups of marks that lie on no straight line across or up: those are ticks.

    Shape: of many narrow bars their ends; of many short lines, as far from one another as it
    happens, their middles: a bar or a line for each person.
    """
    for points in (*found.forms.values(), *found.shapes.values()):
        if len(points) > 3 and _spread(points, 0) and _spread(points, 1):
            yield points
    for bars in found.bars.values():
        if _are_many([x for x, _, _ in bars]):
            feet = Counter(round(end, 1) for _, *ends in bars for end in ends)
            ((base, standing),) = feet.most_common(1)
            if standing >= _STANDING * len(bars):
                yield [(x, max(ends, key=lambda end: abs(end - base))) for x, *ends in bars]
    yield from _strokes(found.strokes)


def _strokes(strokes: Sequence[Sequence[marks.Point]]) -> Iterator[list[marks.Point]]:
    """Give the middles of many lines of one length and direction that no axis spaces."""
    alike: dict[tuple[int, int], list[marks.Point]] = defaultdict(list)
    for (a, b), (c, d) in strokes:
        alike[round(abs(c - a)), round(abs(d - b))].append(((a + c) / 2, (b + d) / 2))
    for (across, up), points in alike.items():
        places = sorted(point[across > up] for point in points)
        steps = {round(b - a, 1) for a, b in pairwise(places)}
        if len(steps) > _FREE and _are_many(places):
            yield points


def _are_many(places: Sequence[object]) -> bool:
    """Say whether there are many, most of them at places of their own: rules of a table are not."""
    return len(places) > _MANY and len({*places}) > _OWN * len(places)


def without_labels(found: Drawn) -> list[Piece]:
    """Give the texts of a page without the numbers beside ticks: those are an axis, no table."""
    words = list(_words(found.pieces))
    labels = [
        word
        for axis in (0, 1)
        for points in _ticks(found, axis)
        for point in points
        for word in words
        if _stands_beside(word, point, axis) is not None
    ]
    return [
        piece
        for piece in found.pieces
        if not any(one.y == piece.y and one.x <= piece.x and piece.end <= one.end for one in labels)
    ]


def strings(content: bytes) -> str:
    """Give the texts of instructions that no page follows, code by code."""
    found: list[str] = []
    for _, given in _steps(content):
        for item in given:
            inner = item if isinstance(item, list) else [item]
            found.append("".join(one.decode("latin-1") for one in inner if isinstance(one, bytes)))
    return "\n".join(text for text in found if text.strip())


def scales(found: Drawn) -> tuple[marks.Scale | None, marks.Scale | None]:
    """Fit both axes: numbers beside ticks that stand in one line."""
    return _scale(found, 0), _scale(found, 1)


def _scale(found: Drawn, axis: int) -> marks.Scale | None:
    """Fit the best group of ticks: repeated forms or dashes in one line, with numbers beside."""
    best: marks.Scale | None = None
    most = 1
    words = list(_words(found.pieces))
    for points in _ticks(found, axis):
        ticks = [(point[axis], value) for point in points
                 if (value := _label(words, point, axis)) is not None]  # fmt: skip
        scale = marks.fit(ticks)
        if scale and len(ticks) > most:
            best, most = scale, len(ticks)
    return best


def _ticks(found: Drawn, axis: int) -> Iterator[list[marks.Point]]:
    """Give groups of marks that stand in one line along an axis."""
    for points in (*found.forms.values(), *_dashes(found, axis)):
        if len(points) > 1 and not _spread(points, 1 - axis) and _spread(points, axis):
            yield points


def _dashes(found: Drawn, axis: int) -> list[list[marks.Point]]:
    """Group short lines that cross an axis by the line in which they stand."""
    groups: dict[int, list[marks.Point]] = defaultdict(list)
    for first, second in found.dashes:
        if abs(first[axis] - second[axis]) < 0.1:
            groups[round(first[1 - axis])].append(first)
    return list(groups.values())


def _words(pieces: list[Piece]) -> Iterator[Piece]:
    """Join pieces that touch: many writers place every letter by itself."""
    current: Piece | None = None
    for piece in pieces:
        touches = current is not None and abs(current.y - piece.y) < 0.1 * piece.size
        if current is not None and touches and abs(piece.x - current.end) < 0.15 * piece.size:
            current = Piece(
                current.x, piece.end, piece.y, piece.size, current.text + piece.text, piece.top
            )
            continue
        if current is not None:
            yield current
        current = piece
    if current is not None:
        yield current


def _label(words: list[Piece], point: marks.Point, axis: int) -> float | None:
    """Find the number that stands beside a tick."""
    near = [
        (distance, value)
        for word in words
        if (distance := _stands_beside(word, point, axis)) is not None
        and (value := _value(word.text)) is not None
    ]
    return min(near)[1] if near else None


def _stands_beside(word: Piece, point: marks.Point, axis: int) -> float | None:
    """Say how far a number is off a tick, below it or to its left; None for anything else."""
    if _value(word.text) is None:
        return None
    if axis == 0:
        off = abs((word.x + word.end) / 2 - point[0])
        away, most = point[1] - word.y, 4 * word.size
    else:
        turned = abs(word.top - word.y) > abs(word.end - word.x)
        middle = (word.y + word.top) / 2 if turned else word.y + word.size / 3
        off = abs(middle - point[1])
        away, most = point[0] - word.end, 3 * word.size
    return off if off < word.size / (2 if axis else 1) and 0 < away < most else None


def _value(text: str) -> float | None:
    try:
        return float(text.strip().replace("\u2212", "-").replace(",", ""))
    except ValueError:
        return None


def _spread(points: list[marks.Point], axis: int) -> bool:
    return max(point[axis] for point in points) - min(point[axis] for point in points) > 0.5


def _steps(body: bytes) -> Iterator[tuple[str, list[Value]]]:
    """Go through instructions: operands first, then the operator; inline pictures are skipped."""
    at, given = 0, list[Value]()
    while True:
        at = skip_space(body, at)
        if at >= len(body):
            return
        found = _OPERATOR.match(body, at)
        word = found[0] if found else b""
        if found and word not in {b"true", b"false", b"null"}:
            at = found.end()
            if word == b"ID":
                at = body.find(b"EI", at) + 2
                if at < 2:
                    raise Unreadable(Note.TRUNCATED)
            yield word.decode("ascii"), given
            given = []
            continue
        value, at = read(body, at)
        given.append(value)


def _font(objects: Objects, facts: dict[str, Value], plain: Plain) -> _Font:
    """Learn what the codes of a font stand for and how wide they are."""
    wide = facts.get("Subtype") == "Type0"
    texts: dict[int, str] = {}
    encoding = objects.get(facts.get("Encoding"))
    if isinstance(encoding, dict):
        texts.update(_differences(objects, encoding))
    mapping = objects.get(facts.get("ToUnicode"))
    if isinstance(mapping, Stream):
        texts.update(_to_unicode(plain(mapping)))
    first = objects.get(facts.get("FirstChar"))
    start = int(first) if isinstance(first, float) else 0
    widths = {
        start + at: value
        for at, item in enumerate(objects.items(facts.get("Widths")))
        if isinstance(value := objects.get(item), float)
    }
    matrix = objects.items(facts.get("FontMatrix"))
    unit = matrix[0] if matrix and isinstance(matrix[0], float) and matrix[0] else 0.001
    return _Font(wide, texts, widths, unit)


def _differences(objects: Objects, encoding: dict[str, Value]) -> dict[int, str]:
    found: dict[int, str] = {}
    code = 0
    for item in objects.items(encoding.get("Differences")):
        if isinstance(item, float):
            code = int(item)
        elif isinstance(item, Name):
            found[code] = _glyph(item)
            code += 1
    return found


def _glyph(name: str) -> str:
    found = _NAMED.match(name)
    if found:
        return chr(int(found[1], 16))
    return _GLYPHS.get(name, name if len(name) == 1 else "\ufffd")


def _to_unicode(content: bytes) -> dict[int, str]:
    """Read a map from codes to texts: single codes, ranges with a start, ranges with a list."""
    found: dict[int, str] = {}
    for kind, body in _BLOCK.findall(content):
        items = [_CODES.findall(item) for item in _ITEMS.findall(body)]
        step = 2 if kind == b"bfchar" else 3
        for at in range(0, len(items) - step + 1, step):
            low, *_, targets = items[at : at + step]
            start = int.from_bytes(_bytes(low[0]), "big")
            if kind == b"bfchar" or len(targets) > 1:
                found.update({start + n: _utf16(one) for n, one in enumerate(targets)})
                continue
            end = int.from_bytes(_bytes(items[at + 1][0]), "big")
            base = int.from_bytes(_bytes(targets[0])[-2:], "big")
            for n in range(min(end - start, 65535) + 1):
                found[start + n] = chr((base + n) & 0xFFFF)
    return found


def _bytes(digits: bytes) -> bytes:
    return bytes.fromhex("".join(digits.decode("ascii").split()))


def _utf16(digits: bytes) -> str:
    return _bytes(digits).decode("utf-16-be", "replace")


def times(first: Matrix, then: Matrix) -> Matrix:
    """Apply one matrix, then another."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)  # fmt: skip


def _as_matrix(given: list[Value]) -> Matrix:
    numbers = [_number(one) for one in given]
    if len(numbers) != 6:
        return _ONE
    return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5])


def _number(value: Value) -> float:
    return value if isinstance(value, float) else 0.0
