"""``python -m amlwrap`` is ``amlwrap``."""

from __future__ import annotations

import sys

from amlwrap._cli import main

if __name__ == "__main__":
    sys.exit(main())
