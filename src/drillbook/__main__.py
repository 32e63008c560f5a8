"""The entry point, also of `python -m drillbook`. It loads next to nothing itself, so that Ctrl-C is quiet while the rest is loaded."""

import sys

import drillbook

__all__ = ["main"]


def main() -> int:
    """Run the command line; 130 if it is interrupted, at whatever moment."""
    try:
        return drillbook.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
