"""The notebooks as pages: every one executed and written to docs/notebooks as one HTML file each, without a reference to elsewhere.

    python docs/render.py               write the pages
    python docs/render.py --check       say which pages are not what the notebooks give now, and exit with 1
    python docs/render.py --screenshots  take pictures of the pages in Chromium, at two widths
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from drillbook.drawing import page

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs/notebooks"
WIDTHS = {"wide": (1200, 1500), "narrow": (420, 1500)}
_STYLE = """
.db .cell{margin:1em 0}.db .source{border-left:3px solid var(--good);background:var(--box);padding:.4em .8em;overflow-x:auto}
.db .source pre{margin:0;white-space:pre;line-height:1.35}.db .output{margin:.4em 0;overflow-x:auto}
.db .output>pre{margin:.2em 0;white-space:pre}
.db nav{margin-bottom:1em}.db nav a{margin-right:1em}
.db .highlight,.db .highlight span{background:none}
.db table.dataframe{border-collapse:collapse;font-size:.9em}.db table.dataframe th,.db table.dataframe td{padding:.2em .6em;
text-align:right;border-bottom:1px solid var(--line)}
"""


def notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def rendered(path: Path) -> str:
    """A notebook as a page, executed in a folder of its own."""
    book = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    title = next(line.removeprefix("# ") for cell in book.cells for line in cell.source.splitlines() if line.startswith("# "))
    light, dark = (HtmlFormatter(style=style).get_style_defs(".highlight") for style in ("default", "github-dark"))
    style = f"{_STYLE}@media(prefers-color-scheme:light){{{light}}}@media(prefers-color-scheme:dark){{{dark}}}"
    return page.document(title, ["".join(_links(path)), *_cells(book)], style)


def _links(path: Path) -> Iterator[str]:
    yield "<nav aria-label=\"Notebooks\">"
    for other in notebooks():
        name = other.stem.replace("_", " ")
        yield f"<strong>{name}</strong> " if other == path else f'<a href="{other.stem}.html">{name}</a> '
    yield "</nav>"


def _cells(book: nbformat.NotebookNode) -> Iterator[str]:
    """Every cell by itself: its text, or its source with what it gave."""
    for cell in book.cells:
        if cell.cell_type == "markdown":
            yield f'<div class="cell">{_text(cell.source)}</div>'
            continue
        source = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True))
        gave = "".join(f'<div class="output" tabindex="0">{_output(one)}</div>' for one in cell.outputs)
        yield f'<div class="cell"><div class="source highlight" tabindex="0"><pre>{source}</pre></div>{gave}</div>'


def _text(markdown: str) -> str:
    """Markdown as HTML; links to other notebooks and to the documents lead to where these are from here."""
    html = str(MarkdownIt("commonmark").enable("table").render(markdown))
    return html.replace('href="../docs/', 'href="../').replace('.ipynb"', '.html"').replace("<table>", '<table class="rows">')


def _output(output: nbformat.NotebookNode) -> str:
    """What a cell gave, in the richest form that a page has."""
    if output.output_type == "stream":
        return f"<pre>{page.text(output.text)}</pre>"
    data = output.data
    if "text/html" in data:
        return str(data["text/html"])
    return _text(data["text/markdown"]) if "text/markdown" in data else f"<pre>{page.text(data['text/plain'])}</pre>"


def screenshots() -> None:
    """Pictures of the pages as a browser shows them, at two widths."""
    (ROOT / "docs/screenshots").mkdir(exist_ok=True)
    for file in sorted(PAGES.glob("*.html")):
        for name, (width, height) in WIDTHS.items():
            target = ROOT / f"docs/screenshots/{file.stem}-{name}.png"
            looks = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}")
            subprocess.run(["chromium", *looks, f"--screenshot={target}", file.as_uri()], check=True, capture_output=True)


def main(arguments: list[str]) -> int:
    if arguments == ["--screenshots"]:
        screenshots()
        return 0
    stale = 0
    for path in notebooks():
        target, made = PAGES / f"{path.stem}.html", rendered(path)
        if arguments == ["--check"]:
            if not target.is_file() or target.read_text() != made:
                stale += 1
                print(f"{target.relative_to(ROOT)}: is not what {path.name} gives now; python docs/render.py")
        else:
            target.write_text(made)
            print(target.relative_to(ROOT))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
