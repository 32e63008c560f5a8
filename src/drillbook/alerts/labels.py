"""Label sets, as Alertmanager prints, hashes and orders them, and what they say of a system's components."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

__all__ = ["common", "fingerprint", "group_key", "label_order", "match"]

_EXACT = ("component", "service", "service_name", "app", "app_kubernetes_io_name", "job", "deployment", "kube_deployment")
_BEGINNINGS = ("container", "container_name", "pod", "pod_name", "instance", "host", "node")

_ESCAPES: Mapping[str, str] = MappingProxyType({
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\", '"': r"\"",
})  # fmt: skip


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's fingerprint of a label set: FNV-1a (64 bit) over sorted names and values, 0xFF between."""
    value = 14695981039346656037
    for name in sorted(labels):
        for byte in (*_bytes(name), 0xFF, *_bytes(labels[name]), 0xFF):
            value = ((value ^ byte) * 1099511628211) % 2**64
    return f"{value:016x}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def group_key(labels: Mapping[str, str], route: str = "{}") -> str:
    """Alertmanager's key of a group of alerts: its route's matchers (`{}` for the root) and the labels it is grouped by."""
    pairs = sorted(f"{name}={_quoted(value)}" for name, value in labels.items())
    return f"{route}:{{{', '.join(pairs)}}}"


def _quoted(text: str) -> str:
    """A string as Go's %q prints it."""
    return f'"{"".join(map(_character, text))}"'


def _character(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def label_order(labels: Mapping[str, str]) -> tuple[object, ...]:
    """What Alertmanager sorts the alerts of a group by: job, instance, the number of labels, the labels."""
    first = tuple(part for name in ("job", "instance") for part in (name not in labels, labels.get(name, "")))
    return (*first, len(labels), sorted(labels.items()))


def common(sets: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The pairs that all sets share, sorted by name; empty for no sets."""
    first, *rest = [*sets] or [{}]
    return {name: value for name, value in sorted(first.items()) if all(other.get(name) == value for other in rest)}


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def match(labels: Mapping[str, str], components: Iterable[str]) -> str | None:
    """The component that labels name: exactly, else as the beginning of a pod's, a container's or an instance's name.

    Case does not count, and dashes are underscores; of several beginnings the longest wins.
    """
    names = {_plain(name): name for name in components}
    for label in (*_EXACT, *_BEGINNINGS):
        found = names.get(_plain(labels.get(label, "")))
        if found is not None:
            return found
    for label in _BEGINNINGS:
        parts = re.split(r"([_.:/])", _plain(labels.get(label, ""))[:500])
        for end in range(len(parts), 0, -1):
            found = names.get("".join(parts[:end]))
            if found is not None:
                return found
    return None
