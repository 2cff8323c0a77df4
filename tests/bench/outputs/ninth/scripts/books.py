"""Runs notebooks with a real kernel, as the studies of this corpus do."""

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor


def run(path, cells, html=None):
    """Execute cells (markdown starts with #) and write the notebook, and a page if one is named."""
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_markdown_cell(one)
        if one.startswith("#")
        else nbformat.v4.new_code_cell(one)
        for one in cells
    ]
    ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(
        book, {"metadata": {"path": "."}}
    )
    if path:
        nbformat.write(book, path)
    if html:
        page = HTMLExporter(template_name="basic").from_notebook_node(book)[0]
        html.write_text(page, encoding="utf-8")
