"""Which tables hold the figures of a territory, and where those that do not would have to come from."""

from __future__ import annotations

import difflib
from typing import Any

from toolkit import catalog
from toolkit.catalog import Catalog, Source
from toolkit.errors import DataNotEmbedded, TerritoryError, ToolkitError
from toolkit.territory import Register

KEY = "istat_code"
REGISTER = ("municipalities", "other_codes", "area_members")
"""Tables that know every municipality, with figures or without."""


def state(what: str) -> str:
    """A sentence on a table or a municipality that is embedded.

    Args:
        what: name of a table, or code or name of a municipality.

    Raises:
        DataNotEmbedded: it is not; the message names the tables, their publishers and addresses.
        TerritoryError: neither a table nor a municipality, or one that is abolished or not alone in its name.
        ToolkitError: nearly the name of a table.
    """
    data = catalog.default()
    if what in data.names():
        source = data.source(what)
        return f"{what} is embedded: {source.title['en']}, {source.publisher['en']}, {source.reference_date}."
    try:
        register = Register(data)
        municipality = register.municipality(what)
    except TerritoryError:
        near = difflib.get_close_matches(what, data.names(), n=1)
        if near:
            raise ToolkitError(f"There is no table {what!r}.", hint=f"did you mean {near[0]!r}?") from None
        raise
    if municipality.istat_code in register.embedded():
        return f"{municipality} is embedded: its figures are in {', '.join(source.name for source in _tables(data))}."
    absent = _tables(data)
    raise DataNotEmbedded(
        f"{municipality}: its figures are not embedded, and this version cannot fetch them over the network yet.",
        where=f"no rows in {', '.join(source.name for source in absent)}",
        hint="the publishers' addresses are:" + "".join(_address(source) for source in absent),
    )


def _tables(data: Catalog) -> list[Source]:
    """Tables of figures by municipality."""
    described = data.package["resources"]
    coded = [resource["name"] for resource in described if _has_code(resource)]
    return [data.source(name) for name in coded if name not in REGISTER]


def _has_code(resource: dict[str, Any]) -> bool:
    return KEY in [field["name"] for field in resource.get("schema", {}).get("fields", ())]


def _address(source: Source) -> str:
    return f"\n    {source.name}: {source.publisher['en']}, {source.url}"
