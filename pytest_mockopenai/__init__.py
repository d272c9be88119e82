"""A mock of OpenAI's HTTP API, for tests and for gateways. Importing it loads nothing heavy."""

from __future__ import annotations

__version__ = "0.1.0"
