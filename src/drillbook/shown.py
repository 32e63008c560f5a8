"""How results are shown: a line among others, the whole of it printed, the same in a notebook; and how they go to another process."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import drillbook

__all__ = ["Shown"]


class Shown:
    """A result, a dataclass, that says what it is in a line (`brief`, `repr`), and all of it when it is printed or shown in a notebook.

    It pickles by its fields; what was worked out from them is worked out anew.
    """

    @property
    def brief(self) -> str:
        """What it is, in a line."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.brief}>"

    def __str__(self) -> str:
        return str(drillbook.printed.text(self))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: pictures and tables, or the text where it shows text only."""
        return {"text/plain": str(self), "text/html": drillbook.display.html(self)}

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # every one is a dataclass
