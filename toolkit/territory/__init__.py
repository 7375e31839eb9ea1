"""The dated register: municipalities by code or name, areas and their members on a day, shares of a named parent."""

from __future__ import annotations

from toolkit.territory.model import Area, Municipality
from toolkit.territory.names import fold, slug
from toolkit.territory.register import Register
from toolkit.territory.share import Share, comparable

__all__ = ["Area", "Municipality", "Register", "Share", "comparable", "fold", "slug"]
