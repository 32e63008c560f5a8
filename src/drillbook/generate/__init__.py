"""Making what drills are made of: systems of any size, random incidents, and the files that hold them.

Everything here is a pure function of what it is given; no draw depends on an earlier one.
"""

from __future__ import annotations

from drillbook.generate.incidents import incident, one_fault
from drillbook.generate.systems import MOST, generate_system
from drillbook.generate.varying import varied
from drillbook.generate.writing import scenario_text, system_text

__all__ = ["MOST", "generate_system", "incident", "one_fault", "scenario_text", "system_text", "varied"]
