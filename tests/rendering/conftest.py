"""Rendering is tried where it shows: on an app without a socket."""

from __future__ import annotations

from tests.endpoints.conftest import api

__all__ = ["api"]
