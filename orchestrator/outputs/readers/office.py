"""What Office packages share: a zip whose every part is known, or could not be checked.

Parts of a known family are XML and shown with all they say; pictures and embedded files are opened
by their own readers; whatever else lies there is an unknown part. Source: outputs 4.2.
"""

import posixpath
from dataclasses import dataclass
from types import MappingProxyType

from orchestrator.outputs.form import Note, Observation, Span
from orchestrator.outputs.readers import xml, zips
from orchestrator.outputs.readers.delimited import split_header, unpack
from orchestrator.outputs.readers.opening import Opening, Unreadable, below, digest

_XML = (".xml", ".rels", ".vml", ".rdf")
_FAMILIES = (
    "[content_types].xml", "_rels/", "docprops/", "customxml/", "word/", "xl/", "ppt/",
    "docmetadata/", "meta-inf/", "content.xml", "styles.xml", "meta.xml", "settings.xml",
    "manifest.rdf", "object",
    "configurations2/", "layout-cache",
)  # fmt: skip
_STRUCTURE = (
    "[content_types].xml", "docprops/", "word/", "xl/theme/", "xl/styles", "xl/workbook", "ppt/",
    "xl/sharedstrings", "xl/pivottables/", "xl/charts/", "xl/drawings/", "xl/calcchain",
    "xl/persons/", "meta-inf/", "content.xml", "styles.xml", "meta.xml", "settings.xml",
)  # fmt: skip
"""Parts of which the text is enough: their repeated elements are structure and no records."""

BREAKS = MappingProxyType({"tab": "\t", "br": "\n", "cr": "\n", "line-break": "\n", "del": "\n",
                           "moveFrom": "\n"})  # fmt: skip
"""Elements that part words; what was deleted stands by itself."""
_KNOWN = frozenset(
    {
        # the picture in the template of python-docx
        "sha256:96367138dc44ce09bf2c8f0f8e49348a1478d2c5c0af69bbc2bbc38b63cdcead",
        # the pictures and the printers in the templates of python-pptx, officer and openxlsx
        "sha256:116f9aa8ea038e39ef47ee99a23592ab569cf77feafecd0a30e222369e931d25",
        "sha256:d7768f87e07d29634782e448ece1cddd05a52b9499254222b1190bc8f6dc579e",
        "sha256:ed62ae8edd793b8f14da4c1a9d62af4944aabff0141f6ff4048d55bbde0785e5",
        "sha256:74bd1752d2e053a5b977f1c5afd1a1c702feb5217a1384cb92c349e523c3356d",
        "sha256:480952293cdacce99a1fcf5605f7b195dd6d278786c9e271e4a8b1c8710926f1",
    }
)
"""Parts that common programs always write, byte by byte: they cannot carry anything."""

_SCALES, _LONG_SCALE = 8, 4
"""How many scales the windows of a program have, and how many digits are none of them."""
_FLAGS = ("count", "contains", "longText")
_MACROS = ("vbaproject.bin", "basic/", "scripts/")


@dataclass
class Package:
    """An opened package: where it is, and the bytes of each part that was unpacked, by its name."""

    path: str
    members: dict[str, bytes]

    def take(self, name: str) -> bytes | None:
        """Hand a part out for good: who takes it must account for it."""
        return self.members.pop(name, None)

    def take_all(self, prefix: str, suffix: str = ".xml") -> list[tuple[str, bytes]]:
        """Hand out all parts of a folder, in the order of their numbers."""
        names = [name for name in self.members if name.startswith(prefix) and
                 name.endswith(suffix) and "/" not in name[len(prefix):]]  # fmt: skip
        return [(name, self.members.pop(name)) for name in sorted(names, key=_numbered)]


def open_package(opening: Opening, path: str, data: bytes, main: str) -> Package:
    """Open a package that must have a part `main`.

    Errors: Unreadable (TYPE_DISAGREES) where it has not.
    """
    archive = zips.walk(data)
    names = {member.name for member in archive.members}
    if main not in names:
        raise Unreadable(Note.ENCRYPTED if "EncryptedPackage" in names else Note.TYPE_DISAGREES)
    zips.add_archive(opening, path, data, archive)
    package = Package(path, {})
    for member in archive.members:
        if member.is_folder:
            continue
        try:
            content = zips.unpack(opening, data, member)
        except Unreadable as stop:
            packed = data[member.start : member.start + member.packed]
            own = opening.free(below(path) + zips.safe_name(member.name))
            opening.unknown(own, packed, stop.note, stop.at)
            continue
        if member.name in package.members:
            opening.inner(below(path) + zips.safe_name(member.name), content)
        else:
            package.members[member.name] = content
    return package


def add_xml(
    opening: Opening, package: Package, name: str, content: bytes, *notes: Observation,
    tables: bool = True,
) -> xml.Document | None:  # fmt: skip
    """Add one part that is XML with all it says; None where it is not."""
    own = opening.free(below(package.path) + zips.safe_name(name))
    try:
        document = xml.parse(content)
    except Unreadable as stop:
        opening.unknown(own, content, stop.note, stop.at)
        return None
    for node in document.root.every("lvlText"):
        if len(node.get("val")) == 1:  # the bullet of a list, often of a private font
            node.attributes = {}
    for node in document.root.every("sharedItems"):  # how many kinds a pivot's field has, and which
        node.attributes = {
            name: value
            for name, value in node.attributes.items()
            if not (name.startswith(_FLAGS) and value.isdecimal() and len(value) < _LONG_SCALE)
        }
    scales = [*document.root.every("sx", "sy")] if document.root.name == "viewPr" else []
    for node in scales[:_SCALES]:  # how large a window shows slides, not how many are counted
        if all(own.isdecimal() and len(own) < _LONG_SCALE for own in node.attributes.values()):
            node.attributes = {}
    external = sum(node.get("TargetMode") == "External" for node in document.root.children())
    seen = (*notes, *([Observation(Note.EXTERNAL, count=external)] if external else []))
    xml.add(opening, own, content, document, seen, tables=tables)
    return document


def add_rest(opening: Opening, package: Package) -> None:
    """Add every part that nobody took, each by what it is."""
    for name in sorted(package.members):
        content = package.members[name]
        lower = name.lower()
        if not content:
            opening.container(opening.free(below(package.path) + zips.safe_name(name)), content, [])
            continue
        if lower.endswith(_XML) and lower.startswith(_FAMILIES):
            macro = [Observation(Note.MACRO)] if lower.startswith(_MACROS) else []
            tables = not lower.startswith(_STRUCTURE) and not lower.endswith(".rels")
            document = add_xml(opening, package, name, content, *macro, tables=tables)
            if document and document.root.name == "chartSpace":
                add_chart(opening, package, name, document.root)
            continue
        _add_other(opening, package, name, content)
    package.members.clear()


def _add_other(opening: Opening, package: Package, name: str, content: bytes) -> None:
    own = below(package.path) + zips.safe_name(name)
    lower = name.lower()
    if lower.endswith("vbaproject.bin") or lower.startswith(_MACROS):
        opening.unknown(opening.free(own), content, Note.MACRO)
    elif lower == "mimetype":
        opening.inner(own, content, kind="text")
    elif digest(content) in _KNOWN:
        opening.container(opening.free(own), content, [Span(0, len(content), "known part")])
    elif "/" in name and "." in posixpath.basename(name) and not lower.endswith((".bin", *_XML)):
        opening.inner(own, content)
    else:
        opening.unknown(opening.free(own), content, Note.UNKNOWN_PART)


def add_chart(opening: Opening, package: Package, name: str, root: xml.Node) -> None:
    """Add the values that a chart keeps of its source: one column for each run of values.

    Shape: a scatter of more marks than policy allows is noted as row by row.

    Source: outputs 4.2 (chart caches).
    """
    columns: list[str] = []
    values: list[list[str]] = []
    for series in root.every("ser"):
        title = " ".join(node.text() for node in series.children("tx")).strip()
        for axis in series.children("cat", "val", "xVal", "yVal", "bubbleSize"):
            points = {int(one.get("idx", "0")): one.text() for one in axis.every("pt")}
            if points:
                columns.append(f"{axis.name} {title}".strip())
                values.append([points.get(at, "") for at in range(min(max(points), 100_000) + 1)])
    if columns:
        longest = max(map(len, values))
        rows = [[column[at] if at < len(column) else "" for column in values]
                for at in range(longest)]  # fmt: skip
        own = opening.free(f"{below(package.path)}{zips.safe_name(name)}/cache")
        marks = max(map(_marks, root.every("ser")), default=0)
        notes = [Observation(Note.MARKS, count=marks)] if marks > opening.caps.marks else []
        opening.table(own, columns, rows, notes=notes)


def _marks(series: xml.Node) -> int:
    """Count the marks that a series draws by two numbers; a curve has none."""
    if any(symbol.get("val") == "none" for symbol in series.every("symbol")):
        return 0
    return sum(1 for axis in series.children("xVal") for _ in axis.every("pt"))


def add_grid(
    opening: Opening,
    path: str,
    grid: dict[int, dict[int, str]],
    notes: tuple[Observation, ...] = (),
) -> None:
    """Add the tables of a sheet: blocks of rows that stand together, empty columns left out.

    Shape: `grid` is row to column to text; lines with one cell above a table are its title.
    """
    blocks: list[list[int]] = []
    for row in sorted(row for row, cells in grid.items() if any(cells.values())):
        if blocks and row == blocks[-1][-1] + 1:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    for block in blocks:
        _add_block(opening, path, [grid[row] for row in block], notes)


def _add_block(
    opening: Opening, path: str, lines: list[dict[int, str]], notes: tuple[Observation, ...]
) -> None:
    used = sorted({column for cells in lines for column, text in cells.items() if text})
    titles: list[str] = []
    while len(lines) > 1 and len(used) > 1 and sum(map(bool, lines[0].values())) < 2:
        titles += [text for text in lines.pop(0).values() if text]
    rows = [[cells.get(column, "") for column in used] for cells in lines]
    columns, body, header = split_header(rows)
    own = opening.free(path)
    opening.table(own, columns, body, header=header, notes=notes)
    unpack(opening, own, columns, body)
    if titles:
        opening.text(opening.free(f"{own}/title"), "\n".join(titles))


def target(source: str, link: str) -> str:
    """Resolve a relation's target to the name of a part."""
    folder = posixpath.dirname(source)
    joined = link[1:] if link.startswith("/") else posixpath.join(folder, link)
    return posixpath.normpath(joined)


def relations(package: Package, source: str) -> dict[str, str]:
    """Read which id leads to which part; the part with the relations stays to be shown."""
    folder, name = posixpath.split(source)
    content = package.members.get(f"{folder}/_rels/{name}.rels")
    if content is None:
        return {}
    try:
        root = xml.parse(content).root
    except Unreadable:
        return {}
    return {node.get("Id"): target(source, node.get("Target")) for node in root.children()}


def _numbered(name: str) -> tuple[int, str]:
    digits = "".join(char for char in posixpath.basename(name) if char.isdigit())
    return (int(digits[:9]) if digits else 0, name)
