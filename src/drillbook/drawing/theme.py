"""The colours of every picture: those of Okabe and Ito (2008), which people tell apart whatever they see of colours; light and dark.

A picture names its colours by variables, so that the same text is light on a light page and dark on a dark one: by what the reader's
system prefers, or by the theme of JupyterLab or VS Code around it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DARK", "FONT", "LIGHT", "STYLE", "flat", "themed"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
LIGHT: Mapping[str, str] = MappingProxyType({
    "ink": "#1b1f24", "soft": "#59636e", "line": "#c4ccd4", "page": "#ffffff", "box": "#f6f8fa", "band": "#eceff2",
    "good": "#0072b2", "bad": "#c44e00", "mark": "#007a5a", "note": "#e69f00", "act": "#a8497f", "talk": "#56b4e9",
})  # fmt: skip
DARK: Mapping[str, str] = MappingProxyType({
    "ink": "#e6edf3", "soft": "#9aa6b2", "line": "#444c56", "page": "#0d1117", "box": "#1c232c", "band": "#161b22",
    "good": "#56b4e9", "bad": "#ff8a3d", "mark": "#2bc79b", "note": "#f0c34a", "act": "#e08dbb", "talk": "#3d8fc4",
})  # fmt: skip


def _variables(colours: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


_IN_THE_DARK = 'body[data-jp-theme-light="false"] .db,body.vscode-dark .db'
_IN_THE_LIGHT = 'body[data-jp-theme-light="true"] .db,body.vscode-light .db'
STYLE = (
    f".db{{font-family:{FONT};{_variables(LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{.db{{{_variables(DARK)}}}{_IN_THE_LIGHT}{{{_variables(LIGHT)}}}}}"
    f"{_IN_THE_DARK}{{{_variables(DARK)}}}"
    "@media print{.db{" + _variables(LIGHT) + "}}"
)
"""What a page or a picture has to say once for `var()` to mean something."""

_NAMES = {value: f"var(--{name})" for name, value in LIGHT.items()}
_HEX = re.compile("|".join(map(re.escape, _NAMES)))
_VARIABLE = re.compile(r"var\(--(\w+)\)")


def themed(svg: str) -> str:
    """A picture that was drawn in the light colours, with variables in their place."""
    return _HEX.sub(lambda found: _NAMES[found[0]], svg)


def flat(svg: str, colours: Mapping[str, str] = LIGHT) -> str:
    """A picture with the colours in the place of the variables: for what knows no style sheets."""
    return _VARIABLE.sub(lambda found: colours.get(found[1], found[0]), svg)
