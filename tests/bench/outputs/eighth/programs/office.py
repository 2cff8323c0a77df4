# ruff: noqa: SIM105, B905 - kept as it ran
"""LibreOffice by its own interface: workbooks with pivot tables, hidden sheets, notes and charts; texts
with recorded changes. Run by the system's Python beside a listening office, in the folder of source/."""

import csv
import os
import time

import uno
from com.sun.star.awt import Rectangle
from com.sun.star.beans import PropertyValue
from com.sun.star.sheet.DataPilotFieldOrientation import COLUMN, DATA, ROW
from com.sun.star.table import CellAddress

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
FILTERS = {
    "ods": "calc8",
    "xlsx": "Calc MS Excel 2007 XML",
    "xls": "MS Excel 97",
    "fods": "OpenDocument Spreadsheet Flat XML",
    "html": "HTML (StarCalc)",
    "pdf": "calc_pdf_Export",
    "slk": "SYLK",
    "dif": "DIF",
}
TEXTS = {
    "odt": "writer8",
    "fodt": "OpenDocument Text Flat XML",
    "rtf": "Rich Text Format",
    "docx": "MS Word 2007 XML",
    "doc": "MS Word 97",
    "html": "HTML (StarWriter)",
    "txt": "Text",
    "pdf": "writer_pdf_Export",
}


def value(name, own):
    made = PropertyValue()
    made.Name, made.Value = name, own
    return made


def new(kind):
    return desktop.loadComponentFromURL(
        f"private:factory/{kind}", "_blank", 0, (value("Hidden", True),)
    )


def kept(document, name, filters):
    document.storeToURL(OUT + name, (value("FilterName", filters[name.rpartition(".")[2]]),))


def typed(cell):
    try:
        return float(cell)
    except ValueError:
        return cell


def laid(sheet, rows, at=0):
    area = sheet.getCellRangeByPosition(0, at, len(rows[0]) - 1, at + len(rows) - 1)
    area.setDataArray(tuple(tuple(map(typed, row)) for row in rows))
    return area


people = list(csv.DictReader(open("source/persons.csv")))


def some(columns, rows):
    return [list(columns), *([row[one] for one in columns] for row in rows)]


def counted(by, across, keep=lambda row: True):
    own = [row for row in people if keep(row)]
    lines, heads = sorted({r[by] for r in own}), sorted({r[across] for r in own})
    body = [
        [one, *(str(sum(r[by] == one and r[across] == head for r in own)) for head in heads)]
        for one in lines
    ]
    return [[by, *heads], *body]


def pivot(book, area, rows, columns, data, how):
    sheets = book.Sheets
    sheets.insertNewByName("pivot", 1)
    pilots = sheets.getByName("pivot").getDataPilotTables()
    made = pilots.createDataPilotDescriptor()
    made.setSourceRange(area.getRangeAddress())
    fields = made.getDataPilotFields()
    fields.getByName(rows).Orientation = ROW
    fields.getByName(columns).Orientation = COLUMN
    field = fields.getByName(data)
    field.Orientation = DATA
    field.Function = how
    pilots.insertNewByName("counts", CellAddress(1, 0, 0), made)


def hidden(book, name):
    book.Sheets.getByName(name).IsVisible = False


from com.sun.star.sheet.GeneralFunction import COUNT, SUM  # noqa: E402

# A pivot table over rows whose sheet is hidden, and one over a table of counts.
book = new("scalc")
area = laid(
    book.Sheets[0],
    some(("gender", "age", "condition", "ferritin", "hb", "weight_kg"), people[400:520]),
)
pivot(book, area, "condition", "gender", "age", COUNT)
hidden(book, book.Sheets[0].Name)
for name in ("pivot_over_rows.ods", "pivot_over_rows.xlsx"):
    kept(book, name, FILTERS)
book.close(True)
book = new("scalc")
flat = [["doing", "gender", "persons"]]
table = counted("doing", "gender")
flat += [[line[0], head, n] for line in table[1:] for head, n in zip(table[0][1:], line[1:])]
area = laid(book.Sheets[0], flat)
pivot(book, area, "doing", "gender", "persons", SUM)
for name in ("pivot_over_counts.ods", "pivot_over_counts.xlsx"):
    kept(book, name, FILTERS)
book.close(True)

# Tables of counts in each format of a workbook.
large = counted("chelator", "spleen_out")
small = counted("tongue", "ulcer")
for rows, stem, endings in (
    (large, "chelator_spleen", ("fods", "xls", "html", "dif")),
    (small, "tongue_ulcer", ("fods", "xls", "html", "slk", "pdf")),
):
    book = new("scalc")
    laid(book.Sheets[0], rows)
    for ending in endings:
        kept(book, f"{stem}.{ending}", FILTERS)
    book.close(True)

# A table whose note quotes a remark, and one whose note tells how it was made.
for stem, note in (
    ("note_remark", people[1]["remark"]),
    ("note_method", "counted on the frozen snapshot, rows of closed files left out"),
):
    book = new("scalc")
    sheet = book.Sheets[0]
    laid(sheet, counted("blood_group", "gender"))
    sheet.getAnnotations().insertNew(CellAddress(0, 1, 1), note)
    kept(book, f"{stem}.ods", FILTERS)
    book.close(True)

# A chart over rows, and one over counts.
for stem, rows, kind in (
    (
        "chart_rows",
        some(("age", "ferritin", "hb"), people[600:680]),
        "com.sun.star.chart.XYDiagram",
    ),
    ("chart_counts", counted("doing", "died"), "com.sun.star.chart.BarDiagram"),
):
    book = new("scalc")
    sheet = book.Sheets[0]
    area = laid(sheet, rows)
    sheet.getCharts().addNewByName(
        "chart", Rectangle(9000, 500, 12000, 8000), (area.getRangeAddress(),), True, True
    )
    chart = sheet.getCharts().getByName("chart").getEmbeddedObject()
    chart.setDiagram(chart.createInstance(kind))
    kept(book, f"{stem}.ods", FILTERS)
    kept(book, f"{stem}.xlsx", FILTERS)
    book.close(True)

# Rows as an old workbook.
book = new("scalc")
laid(
    book.Sheets[0], some(("unit", "gender", "age", "height_cm", "ferritin", "hb"), people[900:940])
)
kept(book, "visit_list.xls", FILTERS)
book.close(True)


def written(rows, before, after=""):
    text = new("swriter")
    body, cursor = text.Text, text.Text.createTextCursor()
    body.insertString(cursor, before + "\n", False)
    table = text.createInstance("com.sun.star.text.TextTable")
    table.initialize(len(rows), len(rows[0]))
    body.insertTextContent(cursor, table, False)
    table.setDataArray(tuple(map(tuple, rows)))
    body.insertString(body.getEnd(), after, False)
    return text


# Letters with a table; then with changes recorded, of which one took out a sentence.
text = written(
    large,
    "Spleen removed by chelator, all units.",
    "Groups of fewer than 100 persons were not formed.",
)
for ending in ("odt", "rtf", "doc", "txt"):
    kept(text, f"letter_chelator.{ending}", TEXTS)
text.close(True)
text = written(small, "Leg ulcer by mother tongue, all units.", "Numbers are of persons.")
for ending in ("rtf", "doc", "fodt", "txt"):
    kept(text, f"letter_tongue.{ending}", TEXTS)
text.close(True)
for stem, sentence in (
    ("changes_small", "Of the 39 persons of Harbourside 5 had a stroke."),
    ("changes_plain", "We thank the nurses of all units for their patience."),
):
    text = written(counted("blood_group", "gender"), "Blood groups by gender.", sentence)
    text.RecordChanges = True
    found = text.createSearchDescriptor()
    found.SearchString = sentence
    text.findFirst(found).String = ""
    kept(text, f"{stem}.odt", TEXTS)
    kept(text, f"{stem}.docx", TEXTS)
    text.close(True)
try:
    desktop.terminate()
except Exception:
    pass
