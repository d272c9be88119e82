"""`python -m pytest_mockopenai` is the command `mockopenai`."""

from __future__ import annotations

import sys

from pytest_mockopenai.standalone.cli import main

if __name__ == "__main__":
    sys.exit(main())
