"""What extras bring."""

from __future__ import annotations

import importlib
from typing import Any

from fairmeter.errors import ToolMissingError


def extra(module: str, name: str) -> Any:
    """A module that the extra `name` brings. Raises ToolMissingError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ToolMissingError(f"this needs {module}: pip install 'fairmeter[{name}]'") from error
