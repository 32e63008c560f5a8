"""The entry point, also of `python -m drillbook`. It loads next to nothing itself, so that Ctrl-C is quiet while the rest is loaded."""

import sys

import drillbook

__all__ = ["main"]


def main() -> int:
    """Run the command line; 130 if it is interrupted, at whatever moment, and 2 with a line if a file of it cannot be loaded."""
    try:
        try:
            run = drillbook.main
        except Exception as error:  # noqa: BLE001 - an agent's file was edited: whatever is wrong with it is one line
            sys.stderr.write(f"{drillbook.errors.raised(error, 'cannot be loaded')}\n")
            return 2
        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
