"""For all tests: property tests have no deadline, since the machines that run them are shared and uneven."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
