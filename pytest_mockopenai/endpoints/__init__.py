"""One file or folder for each OpenAI resource, found by being there: each has `ENDPOINTS`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from pytest_mockopenai.core.endpoint import Endpoint


@cache
def all_endpoints() -> tuple[Endpoint, ...]:
    """Every endpoint of the modules beside this file."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(endpoint for module in modules for endpoint in module.ENDPOINTS)
