"""The `gospect` program, as the wheel brings it."""

import signal
import sys

from . import _native


def main() -> int:
    # Ctrl-C ends the program as it would without Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.run(["gospect", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
