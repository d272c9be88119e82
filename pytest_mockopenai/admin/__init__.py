"""The admin API below `/_mock/`: what a test in Python does with the object it holds, for all others over HTTP."""

from __future__ import annotations

from pytest_mockopenai.admin.api import Admin
from pytest_mockopenai.admin.front import Front

__all__ = ["Admin", "Front"]
