"""[pure] What are these bytes? Our own table by content and by extension; a disagreement is noted.

Source: outputs 4.1 (no type detector is enough). Formats without a reader are named, so that the
finding can say what the file is, and the table of the documents is made from here.
"""

import re
from dataclasses import dataclass

from orchestrator.outputs.form import Note
from orchestrator.outputs.readers.decoding import encoding_of


@dataclass(frozen=True)
class Format:
    """One format: its extensions, what its first bytes must prove, and what is read of it.

    Shape: `proof` empty means text, whose bytes prove nothing; `note` is set where no reader is,
    and `says` then tells why.
    """

    name: str
    extensions: tuple[str, ...]
    says: str
    proof: tuple[str, ...] = ()
    note: Note | None = None


_ZIP = ("zip",)
ARCHIVE = b"PK\x03\x04"
_MEMBERS = (
    (b"xl/workbook.xml", "xlsx"),
    (b"word/document.xml", "docx"),
    (b"ppt/presentation.xml", "pptx"),
    (b"application/vnd.oasis", "opendocument"),
)
_R = ("gzip", "bzip2", "xz", "r")

FORMATS: tuple[Format, ...] = (
    Format("csv", ("csv",), "one table of one width, or several below one another, else held and"
           " read as text; columns packed into cells"),
    Format("tsv", ("tsv", "tab"), "as csv"),
    Format("text", ("txt", "text", "prn", "asc", "psv", "textile", "gml", "frq", "frqx", "afreq",
           "gcount", "hwe", "hardy", "assoc", "linear", "logistic", "ld", "sumstats", "ma"),
           "the text and every table printed or spelled out in it; so is a text of any other"
           " name, unless it begins as xml, html or svg does"),
    Format("log", ("log", "out", "lis", "lst", "rout"), "as text"),
    Format("smcl", ("smcl",), "as text, its marks carried out"),
    Format("markdown", ("md", "markdown", "rst", "adoc", "org"), "as text"),
    Format("latex", ("tex", "bib", "ltx", "rnw"), "as text, rows of tabular environments as"
           " tables"),
    Format("code", ("py", "r", "rmd", "qmd", "do", "ado", "sql", "sh", "sas", "sps", "jl", "m",
           "stan", "bugs", "jags", "jmd", "mata", "sthlp", "js", "ts", "css", "c", "h", "cpp",
           "java", "scala", "lua", "pl", "awk", "ps1", "bat", "go", "rs", "nf", "smk", "wdl",
           "cwl", "patch", "diff"), "as text"),
    Format("yaml", ("yaml", "yml", "toml", "ini", "cfg"), "as text; what it nests as json"),
    Format("json", ("json", "geojson"), "every value, every table in it"),
    Format("ndjson", ("ndjson", "jsonl"), "one value a line, as json"),
    Format("xml", ("xml", "graphml", "gexf", "xsd", "xsl", "xslt", "rdf", "owl"), "every text,"
           " attribute and comment; repeated elements as tables"),
    Format("pmml", ("pmml",), "as xml; a model is looked at"),
    Format("prism", ("pzfx",), "as xml; tables with the names of their rows and columns"),
    Format("diagram", ("gv", "dot", "mmd", "mermaid", "puml", "plantuml"), "as text, lines of a"
           " label broken"),
    Format("html", ("html", "htm", "xhtml"), "text, tables, attributes, comments, hidden elements,"
           " data inside scripts, embedded pictures"),
    Format("rtf", ("rtf",), "text, rows of cells as tables, text off the page, pictures; embedded"
           " objects are held", ("rtf",)),
    Format("mail", ("eml", "mht", "mhtml"), "headers; every part and attachment by its own reader"),
    Format("ipynb", ("ipynb",), "every source, output, attachment and metadata entry"),
    Format("svg", ("svg",), "every text and attribute; marks and steps turned back into values"),
    Format("png", ("png",), "chunks, texts, words in the pixels; pixels written again for release",
           ("png",)),
    Format("jpeg", ("jpg", "jpeg"), "segments, EXIF, comments, words in the pixels; pixels written"
           " again for release", ("jpeg",)),
    Format("tiff", ("tif", "tiff"), "every directory and tag, words in the pixels; pixels written"
           " again for release", ("tiff",)),
    Format("pdf", ("pdf",), "all objects of all revisions, texts and their tables, attachments,"
           " scripts, marks and steps of figures", ("pdf",)),
    Format("zip", ("zip", "epub"), "every member by its own reader; headers, comments, extras",
           _ZIP),
    Format("tar", ("tar",), "every member by its own reader; headers", ("tar",)),
    Format("gzip", ("gz", "tgz", "svgz"), "what is inside, by its own reader", ("gzip",)),
    Format("bzip2", ("bz2", "tbz2"), "what is inside, by its own reader", ("bzip2",)),
    Format("xz", ("xz", "txz"), "what is inside, by its own reader", ("xz",)),
    Format("xlsx", ("xlsx", "xlsm", "xltx"), "all parts: sheets also where hidden, comments, pivot"
           " and chart caches, names, links, properties, embedded files", _ZIP),
    Format("docx", ("docx", "docm", "dotx"), "all parts: tables, text also where deleted or hidden,"
           " comments, charts, embedded files", _ZIP),
    Format("pptx", ("pptx", "pptm"), "all parts: slides also where hidden, notes, tables, charts,"
           " embedded files", _ZIP),
    Format("opendocument", ("ods", "odt", "odp"), "all parts: tables also where hidden, text,"
           " tracked changes, notes, embedded files", _ZIP),
    Format("flat-opendocument", ("fods", "fodt", "fodp"), "as opendocument, in one XML file"),
    Format("plain-sheet", ("slk", "sylk", "dif", "eth", "socialcalc"), "as text; its cells as"
           " tables"),
    Format("gnumeric", ("gnumeric",), "every sheet also where hidden, comments, properties",
           ("gzip",)),
    Format("parquet", ("parquet", "pq"), "data, key-value metadata, statistics, filters of hashed"
           " values, unused dictionary values", ("parquet",)),
    Format("arrow", ("feather", "arrow", "ipc", "arrows"), "data, metadata, unused dictionary"
           " values", ("arrow",)),
    Format("sqlite", ("sqlite", "sqlite3", "db"), "all pages: tables, schema, free pages and space"
           " that still holds bytes", ("sqlite",)),
    Format("npy", ("npy",), "header and values; objects are pickles", ("npy",)),
    Format("npz", ("npz",), "every array", _ZIP),
    Format("pickle", ("pkl", "pickle", "joblib", "p"), "walked and never loaded: arrays, frames,"
           " texts, names of code; cannot leave", ("pickle", "gzip", "bzip2", "xz", "zlib")),
    Format("torch", ("pt", "pth"), "the zip, its pickle walked, its arrays; cannot leave", _ZIP),
    Format("safetensors", ("safetensors",), "header, metadata and every array", ("safetensors",)),
    Format("onnx", ("onnx",), "every field of the message, initialisers as tables"),
    Format("rds", ("rds", "rdata", "rda"), "walked and never loaded, bytes or plain text: frames,"
           " lists, attributes, environments", _R),
    Format("stata", ("dta",), "data, labels, notes", ("stata",)),
    Format("spss", ("sav", "zsav"), "data, labels, documents", ("spss",)),
    Format("sas", ("sas7bdat",), "every page: data also where squeezed, names, labels, and what"
           " deleted rows left", ("sas",)),
    Format("sas-transport", ("xpt",), "every member: data, labels, header texts",
           ("sas-transport",)),
    Format("matlab", ("mat",), "every array, text, cell and field of version 5; version 7.3 is"
           " hdf5", ("matlab",)),
    Format("dbase", ("dbf",), "data, also of rows marked as deleted", ("dbase",)),
    Format("avro", ("avro",), "schema, metadata and every row", ("avro",)),
    Format("messagepack", ("msgpack", "mpk"), "every value, as json; bytes in it by their own"
           " reader"),
    Format("cbor", ("cbor",), "as messagepack"),
    Format("duckdb", ("duckdb", "ddb"), "in a prison only, by duckdb itself: tables, schema, texts"
           " in its blocks; held all the same, because nothing says which bytes were read",
           ("duckdb",)),
    # no reader: named, so that the finding can say what to do
    Format("stata-graph", ("gph", "ster"), "holds the plotted data: export png and the"
           " table", (), Note.UNKNOWN_TYPE),
    Format("ole", ("xls", "doc", "ppt"), "old Office files have no readable parts: save as xlsx,"
           " docx or pptx", ("ole",), Note.UNKNOWN_TYPE),
    Format("gif", ("gif",), "save as png", ("gif",), Note.UNKNOWN_TYPE),
    Format("postscript", ("eps", "ps"), "is a program: save as svg or pdf", ("postscript",),
           Note.UNKNOWN_TYPE),
    Format("spss-portable", ("por",), "its numbers are written in base 30: save as sav",
           ("spss-portable",), Note.UNKNOWN_TYPE),
    Format("7z", ("7z", "rar"), "pack as zip", (), Note.UNKNOWN_TYPE),
    Format("hdf5", ("h5", "hdf5", "h5ad", "loom"), "export the arrays as parquet or npz",
           ("hdf5",), Note.UNKNOWN_TYPE),
    Format("r-session", ("rhistory",), "a history does not leave", (), Note.UNKNOWN_TYPE),
    Format("plink", ("bed", "bim", "fam", "ped", "tped", "tfam", "pgen", "pvar", "psam",
           "traw", "dosage", "haps"),
           "genotypes of people", (), Note.GENOTYPE),
    Format("bgen", ("bgen", "gen"), "genotypes of people", (), Note.GENOTYPE),
    Format("vcf", ("vcf", "bcf"), "genotypes of people", (), Note.GENOTYPE),
    Format("bam", ("bam", "cram", "sam", "fastq", "fq"), "reads of people's genomes", (),
           Note.GENOTYPE),
)  # fmt: skip

BY_NAME = {one.name: one for one in FORMATS}
READABLE = tuple(one.name for one in FORMATS if one.note is None)
EXTENSIONS = {extension: one.name for one in FORMATS for extension in one.extensions}
"""Extension, lower case without dot, to format."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"%PDF", "pdf"),
    (0, b"%!PS", "postscript"),
    (0, b"{\\rtf", "rtf"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\xd0\xcf\x11\xe0", "ole"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!", "7z"),
    (257, b"ustar", "tar"),
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"\xff\xff\xff\xff", "arrow"),
    (0, b"FEA1", "feather-1"),
    (0, b"Obj\x01", "avro"),
    (0, b"\x89HDF\r\n", "hdf5"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"MATLAB 5.0 MAT-file", "matlab"),
    (8, b"DUCK", "duckdb"),
    (0, b"\x80\x02", "pickle"),
    (0, b"\x80\x03", "pickle"),
    (0, b"\x80\x04", "pickle"),
    (0, b"\x80\x05", "pickle"),
    (0, b"(lp0\n", "pickle"),  # protocol 0 is a text
    (0, b"(dp0\n", "pickle"),
    (0, b"ccopy_reg\n", "pickle"),
    (0, b"cnumpy.", "pickle"),
    (0, b"cpandas.", "pickle"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"RDX2\n", "r"),
    (0, b"RDX3\n", "r"),
    (0, b"RDA2\n", "r"),
    (0, b"RDA3\n", "r"),
    (0, b"RDB2\n", "r"),
    (0, b"RDB3\n", "r"),
    (0, b"B\n\x02\x00\x00\x00", "r"),
    (0, b"B\n\x03\x00\x00\x00", "r"),
    (0, b"X\n\x00\x00\x00\x02", "r"),
    (0, b"X\n\x00\x00\x00\x03", "r"),
    (0, b"<stata_dta>", "stata"),
    (12, b"\xc2\xea\x81\x60", "sas"),
    (0, b"HEADER RECORD*******LIB", "sas-transport"),
    (0, b"$FL2", "spss"),
    (0, b"$FL3", "spss"),
    (0, b"\x6c\x1b", "plink"),
    (16, b"bgen", "bgen"),
    (456, b"SPSSPORT", "spss-portable"),  # in lines of 80 letters, ended by one or two more
    (461, b"SPSSPORT", "spss-portable"),
    (466, b"SPSSPORT", "spss-portable"),
    (0, b"##fileformat=VCF", "vcf"),
    (0, b"BCF\x02", "vcf"),
    (0, b"BAM\x01", "bam"),
    (0, b"CRAM", "bam"),
    (0, b"\x7fELF", "program"),
    (8, b'{"', "safetensors"),
)

_PACKED = frozenset({"messagepack", "cbor"})
"""Formats that nothing proves, and in which every letter of a text would be a number."""
_OCTAVE = b"# Created by Octave"
"""What `save` of Octave begins with where it is not told another format, under any name."""
_PLAIN_R = re.compile(rb"A\n[23]\n\d{6}\n(?:131840|197888)\n")
"""What `saveRDS(ascii = TRUE)` begins with: form, version, and which version can read it."""
_STATA = frozenset({113, 114, 115})
_DBASE = frozenset(b"\x03\x04\x30\x31\x32\x43\x83\x8b\xf5")
_ZLIB = frozenset({b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"})


_HEAD = 4096
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<?xml", "xml"),
    (b"<!doctype html", "html"),
    (b"<html", "html"),
    (b"<svg", "svg"),
)
"""How texts of some formats begin, in small letters."""


def by_extension(path: str) -> str | None:
    """Name the format that a file's extension claims, if it claims one."""
    _, dot, extension = path.rsplit("/", 1)[-1].lower().rpartition(".")
    return EXTENSIONS.get(extension) if dot else None


def by_content(data: bytes) -> str | None:
    """Name the format that the first bytes prove; None for anything that may be text."""
    for offset, magic, name in _SIGNATURES:
        if data.startswith(magic, offset) and (name != "safetensors" or data[6:8] == b"\0\0"):
            return name
    if _PLAIN_R.match(data):
        return "r"
    if len(data) > 100 and data[0] in _STATA and data[1] in {1, 2} and data[2:4] == b"\x01\x00":
        return "stata"
    if data[:1] and data[0] in _DBASE and _is_dbase(data):
        return "dbase"
    return "zlib" if data[:2] in _ZLIB and not data[:64].isascii() else None


def _is_dbase(data: bytes) -> bool:
    """Whether a day, a mark behind the columns, and the sizes stand where dBase has them."""
    count, begin, width = (
        int.from_bytes(data[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12))
    )
    dated = data[2:3] <= b"\x0c" and data[3:4] <= b"\x1f"
    sized = width > 0 and begin > 32 and 0 <= len(data) - begin - count * width <= 1
    return dated and sized and b"\x0d" in data[32:begin]


def decide(path: str, data: bytes) -> tuple[str, Note | None]:
    """Name the format to read as, or the note that says why the file is not read.

    Shape: (format, None) only for a readable format on which name and bytes agree; with
    TYPE_DISAGREES the format that the bytes are, if they prove one.
    """
    claimed, proved = by_extension(path), by_content(data)
    known = BY_NAME.get(proved or "")
    if known and known.note is Note.GENOTYPE:
        return known.name, Note.GENOTYPE
    if claimed is None:
        if proved is None and is_text(data):
            return text_kind(data), None
        return proved or "unknown", Note.UNKNOWN_TYPE
    form = BY_NAME[claimed]
    if form.proof and claimed == "pickle" and proved is None and data[:1] in b"(]}c\x00":
        proved = "pickle"  # protocol 0 and 1 begin like text
    if claimed == "matlab" and proved is None and data.startswith(_OCTAVE):
        return "text", None
    if form.note is None and (proved in form.proof if form.proof else proved is None):
        return _as_text(claimed, data)
    if form.note is not None and (not form.proof or proved in form.proof):
        return claimed, form.note
    if form.proof == _ZIP and proved is None and ARCHIVE in data:
        return claimed, Note.TYPE_DISAGREES  # something stands before an archive
    return _of_archive(data) if proved == "zip" else proved or "unknown", Note.TYPE_DISAGREES


def _of_archive(data: bytes) -> str:
    """Name the format of an archive by the names of its members, which stand there in plain."""
    return next((name for mark, name in _MEMBERS if mark in data), "zip")


def is_text(data: bytes) -> bool:
    """Say whether bytes may be read as text."""
    try:
        return "\0" not in data.decode(encoding_of(data))
    except UnicodeDecodeError:
        return False


def text_kind(data: bytes) -> str:
    """Name the format of a text by how it begins: no ending says more than its bytes do."""
    begins = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((name for mark, name in _TEXTS if begins.startswith(mark)), "text")


def _as_text(claimed: str, data: bytes) -> tuple[str, Note | None]:
    if claimed in _PACKED and is_text(data):
        return "text", Note.TYPE_DISAGREES
    if claimed in {"csv", "tsv"} and _looks_structured(data):
        return "json-or-markup", Note.TYPE_DISAGREES
    return claimed, None


def _looks_structured(data: bytes) -> bool:
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"[", b"<"}
