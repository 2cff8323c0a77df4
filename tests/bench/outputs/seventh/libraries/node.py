"""Files of node and its libraries: `print.mjs` makes them, their labels stand here.

NODE_FOLDER names the folder with node_modules: cli-table3, exceljs, d3, jsdom.
"""

import os
import subprocess
from pathlib import Path

from tests.bench.outputs.seventh.libraries.shelf import FILES, SOURCE, groups, lay, rows, small


def make() -> None:
    script = Path(__file__).with_name("print.mjs")
    subprocess.run(
        ["node", str(script), os.environ["NODE_FOLDER"], str(SOURCE), str(FILES)], check=True
    )
    gene = "treatment = gene therapy"
    lay(
        "node/gene-therapy.txt",
        None,
        "L11 O01",
        [
            small(f"{gene}; severity = moderate; inhibitor = none"),
            small(f"{gene}; severity = severe; inhibitor = high"),
        ],
        "Few people with gene therapy in some cells.",
    )
    lay("node/mainland.txt", None, "S1", [groups(["region", "hepatitis"], "region != island")])
    lay(
        "node/first-rows.txt",
        None,
        "L7 O19 O20 O22",
        [rows(range(60, 65), ["patient", "age", "sex", "weight", "cost"])],
        "Five patients as objects.",
    )
    lay("node/counts.txt", None, "S1", [groups(["severity", "sex"])])
    lay(
        "cli-table3/region-hepatitis.txt",
        None,
        "L11 O01",
        [
            small("region = island; hepatitis = chronic"),
            small("region = island; hepatitis = cleared"),
        ],
        "Three people of the island had hepatitis.",
    )
    lay("cli-table3/regions.txt", None, "S1", [groups(["region", "hepatitis"], "region != island")])
    lay("exceljs/severity.xlsx", None, "S1", [groups(["severity", "sex"])])
    lay(
        "exceljs/severity-by-sex.xlsx",
        None,
        "L6 O28 O19",
        [rows(range(1300, 1330), ["age", "weight", "hb", "cost"])],
        "Thirty patients on a hidden sheet.",
    )
    lay("d3/products.svg", None, "S8", [groups(["product"], "product != none")])
    lay(
        "d3/ages.svg",
        None,
        "L8 O18 O19 O20",
        [rows(range(1400, 1490), ["age", "hb"])],
        "Each circle is a patient.",
        written=False,
    )
