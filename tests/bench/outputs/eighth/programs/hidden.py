"""LibreOffice: a table whose small counts are hidden beside totals, and one without totals."""

import csv
import os
import time

import uno
from com.sun.star.beans import PropertyValue

local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext(
    "com.sun.star.bridge.UnoUrlResolver", local
)
for _ in range(90):
    try:
        context = resolver.resolve(
            "uno:socket,host=localhost,port=2083;urp;StarOffice.ComponentContext"
        )
        break
    except Exception:
        time.sleep(1)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
OUT = "file://" + os.path.realpath("files/libreoffice") + "/"
with open("source/persons.csv") as opened:
    people = list(csv.DictReader(opened))


def value(name, own):
    made = PropertyValue()
    made.Name, made.Value = name, own
    return made


def kept(stem, rows, filters, hide=None):
    book = desktop.loadComponentFromURL(
        "private:factory/scalc", "_blank", 0, (value("Hidden", True),)
    )
    sheet = book.Sheets[0]
    area = sheet.getCellRangeByPosition(0, 0, len(rows[0]) - 1, len(rows) - 1)
    area.setDataArray(tuple(map(tuple, rows)))
    for row in hide or ():
        sheet.Rows.getByIndex(row).IsVisible = False
    for ending, name in filters.items():
        book.storeToURL(OUT + f"{stem}.{ending}", (value("FilterName", name),))
    book.close(True)


def count(**where):
    return sum(all(row[one] == own for one, own in where.items()) for row in people)


BOTH = {"ods": "calc8", "xlsx": "Calc MS Excel 2007 XML"}
units = sorted({row["unit"] for row in people})
body = [[u, count(unit=u, spleen_out="no"), count(unit=u, spleen_out="yes")] for u in units]
shown = [[u, float(n), float(y) if y > 9 else "<10"] for u, n, y in body]
totals = [[*line, float(n + y)] for line, (_, n, y) in zip(shown, body, strict=True)]
kept("spleen_hidden_totals", [["unit", "in place", "removed", "persons"], *totals], BOTH)
kept("spleen_hidden", [["unit", "in place", "removed"], *shown], BOTH)
# The row of the small unit is folded away, and is there.
plain = [["unit", "in place", "removed"], *([u, float(n), float(y)] for u, n, y in body)]
kept("spleen_folded", plain, BOTH, hide=(len(plain) - 1,))
kept("spleen_large", plain[:-1], BOTH, hide=())
try:
    desktop.terminate()
except Exception:
    print("gone")
