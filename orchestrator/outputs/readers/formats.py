"""[pure] What are these bytes? Our own table by content and by extension; a disagreement is noted.

Source: outputs 4.1 (no type detector is enough). Formats without a reader are named, so that the
finding can say what the file is and which types can be checked.
"""

from orchestrator.outputs.form import Note

READABLE = ("csv", "tsv", "text", "markdown", "json", "png", "ipynb")

EXTENSIONS = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "txt": "text", "text": "text",
    "md": "markdown", "markdown": "markdown", "json": "json", "png": "png", "ipynb": "ipynb",
    "xlsx": "zip", "xlsm": "zip", "docx": "zip", "pptx": "zip", "ods": "zip", "odt": "zip",
    "zip": "zip", "npz": "zip", "pt": "zip", "xls": "ole", "doc": "ole", "pdf": "pdf",
    "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "tif": "tiff", "tiff": "tiff", "svg": "svg",
    "eps": "postscript", "parquet": "parquet", "feather": "arrow", "arrow": "arrow",
    "gz": "gzip", "tgz": "gzip", "bz2": "bzip2", "xz": "xz", "7z": "7z", "tar": "tar",
    "h5": "hdf5", "hdf5": "hdf5", "sqlite": "sqlite", "db": "sqlite", "duckdb": "duckdb",
    "pkl": "pickle", "pickle": "pickle", "joblib": "pickle", "npy": "npy", "onnx": "onnx",
    "safetensors": "safetensors", "rds": "r", "rdata": "r", "rda": "r", "dta": "stata",
    "sav": "spss", "sas7bdat": "sas", "bed": "plink", "bgen": "bgen", "vcf": "vcf", "bam": "bam",
    "html": "html", "htm": "html", "tex": "latex", "log": "log", "py": "code", "r": "code",
    "rmd": "code", "qmd": "code", "do": "code", "sql": "code", "ndjson": "ndjson",
    "jsonl": "ndjson", "yaml": "yaml", "yml": "yaml", "xml": "xml",
}  # fmt: skip
"""Extension, lower case without dot, to format."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"%PDF", "pdf"),
    (0, b"%!PS", "postscript"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\xd0\xcf\x11\xe0", "ole"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (257, b"ustar", "tar"),
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"FEA1", "arrow"),
    (0, b"\x89HDF\r\n", "hdf5"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (8, b"DUCK", "duckdb"),
    (0, b"\x80\x02", "pickle"),
    (0, b"\x80\x03", "pickle"),
    (0, b"\x80\x04", "pickle"),
    (0, b"\x80\x05", "pickle"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"RDX2\n", "r"),
    (0, b"RDX3\n", "r"),
    (0, b"<stata_dta>", "stata"),
    (0, b"$FL2", "spss"),
    (0, b"$FL3", "spss"),
    (0, b"\x6c\x1b\x01", "plink"),
    (0, b"##fileformat=VCF", "vcf"),
    (0, b"BAM\x01", "bam"),
    (0, b"\x7fELF", "program"),
)


def by_extension(path: str) -> str | None:
    """Name the format that a file's extension claims."""
    name = path.rsplit("/", 1)[-1]
    return EXTENSIONS.get(name.rsplit(".", 1)[-1].lower()) if "." in name else None


def by_content(data: bytes) -> str | None:
    """Name the format that the first bytes prove; None for anything that may be text."""
    for offset, magic, name in _SIGNATURES:
        if data.startswith(magic, offset):
            return name
    return None


def decide(path: str, data: bytes) -> tuple[str, Note | None]:
    """Name the format to read as, or the note that says why the file is not read.

    Shape: (format, None) only for a readable format on which name and bytes agree.
    """
    claimed, proved = by_extension(path), by_content(data)
    if proved and claimed and proved != claimed:
        return proved, Note.TYPE_DISAGREES
    if claimed == "png" and not proved:
        return "unknown", Note.TYPE_DISAGREES
    found = proved or claimed or "unknown"
    if found not in READABLE or claimed is None:
        return found, Note.UNKNOWN_TYPE
    if claimed in {"csv", "tsv"} and _looks_structured(data):
        return "json-or-markup", Note.TYPE_DISAGREES
    return found, None


def _looks_structured(data: bytes) -> bool:
    return data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"[", b"<"}
