"""HTML as text, for notebooks and for reports: one style sheet, and the few parts that both are made of.

No script, and nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from drillbook.drawing.theme import FONT, STYLE

__all__ = ["card", "details", "document", "fact_list", "figure", "section", "styled", "table", "text"]

_LOOKS = """
.db{color:var(--ink);background:var(--page);line-height:1.45;font-size:14px}
.db h1{font-size:1.6em;margin:.2em 0}.db h2{font-size:1.25em;margin:1.6em 0 .5em;border-bottom:1px solid var(--line);padding-bottom:.2em}
.db h3{font-size:1.05em;margin:1.1em 0 .3em}.db a{color:var(--good)}
.db .soft{color:var(--soft)}.db .lines{white-space:pre-line}.db figure{margin:.6em 0;overflow-x:auto}
.db figure svg{display:block;max-width:100%;height:auto}
.db figure.wide svg{min-width:720px}.db figcaption{overflow-wrap:anywhere;color:var(--soft);font-size:.9em}
.db dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15em 1em;margin:.6em 0}
.db dl.facts dt{font-weight:600;white-space:nowrap}
.db dl.facts dd{margin:0;overflow-wrap:anywhere}
.db .scroll{overflow-x:auto}
.db table.rows{border-collapse:collapse;font-size:.93em;margin:.5em 0;color:var(--ink);background:var(--page)}
.db table.rows th,.db table.rows td{text-align:left;vertical-align:top;padding:.25em .6em;
border-bottom:1px solid var(--line);background:var(--page)}
.db table.rows td:first-child{white-space:nowrap}.db table.rows td.number{text-align:right;font-variant-numeric:tabular-nums}
.db .card{border:1px solid var(--line);border-left:4px solid var(--good);
border-radius:4px;padding:.5em .8em;margin:.5em 0;background:var(--box)}
.db .card p.who{margin:0 0 .3em;font-weight:600}
.db .card pre{margin:0;white-space:pre-wrap;font:inherit;font-size:.95em;color:var(--ink);background:none}
.db details{margin:.6em 0}.db summary{cursor:pointer;font-weight:600}.db pre{white-space:pre-wrap;overflow-wrap:anywhere}
.db code{font-family:ui-monospace,SFMono-Regular,Consolas,'Liberation Mono',monospace;font-size:.92em;overflow-wrap:anywhere}
"""
_PAGE = """
body{margin:0;background:#ffffff}@media(prefers-color-scheme:dark){body{background:#0d1117}}@media print{body{background:#ffffff}}
main.db{max-width:1060px;margin:0 auto;padding:1.2em}
@media print{.db{font-size:11px}.db figure,.db .card,.db table.rows tr{break-inside:avoid}
.db figure.wide svg{min-width:0}.db details::details-content{content-visibility:visible;block-size:auto}main.db{max-width:none;padding:0}}
"""


def text(value: object) -> str:
    """A value as HTML."""
    return escape(str(value))


def styled(*parts: str) -> str:
    """Parts with the style sheet that they need: what a notebook's cell shows."""
    return f'<div class="db"><style>{STYLE}{_LOOKS}</style>{"".join(parts)}</div>'


def document(title: str, parts: Iterable[str], more_style: str = "") -> str:
    """A page of its own, in one file, for a screen and for paper."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{text(title)}</title>'
        f"<style>{STYLE}{_LOOKS}{_PAGE}{more_style}</style></head>\n<body><main class=\"db\" style=\"font-family:{FONT}\">"
        + "\n".join(parts) + "\n</main></body></html>\n"
    )  # fmt: skip


def section(title: str, *parts: str, level: int = 2) -> str:
    """A part with its heading; nothing where there is nothing in it."""
    inside = "".join(parts)
    return f"<section><h{level}>{text(title)}</h{level}>{inside}</section>" if inside else ""


def fact_list(facts: Mapping[str, str]) -> str:
    """Names and what is so, in two columns."""
    return f'<dl class="facts">{"".join(f"<dt>{text(name)}</dt><dd>{text(fact)}</dd>" for name, fact in facts.items())}</dl>'


def figure(svg: str, caption: str = "", *, wide: bool = False) -> str:
    """A picture; a `wide` one scrolls on a narrow screen rather than become too small to read."""
    told = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    frame = ' class="wide" tabindex="0"' if wide else ""
    return f"<figure{frame}>{svg}{told}</figure>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a heading to every column; numbers stand to the right."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{'' if value is None else text(value)}</td>"


def card(who: str, said: str) -> str:
    """What somebody said, line by line as it was said."""
    return f'<div class="card"><p class="who">{text(who)}</p><pre>{text(said)}</pre></div>'


def details(title: str, *parts: str, opened: bool = False) -> str:
    """A part that opens when its title is clicked."""
    return f"<details{' open' if opened else ''}><summary>{text(title)}</summary>{''.join(parts)}</details>"
