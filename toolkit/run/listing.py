"""What there is to choose from: rows of text for `quadro list`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from toolkit.errors import ToolkitError

Rows = list[tuple[str, ...]]


def municipalities(home: Path, search: str = "", within: Mapping[str, str] | None = None) -> Rows:
    """Code, name, province, and whether figures are embedded; without a search, only those with figures.

    Args:
        home: the checkout.
        search: words, a code or a cadastral code.
        within: province, region or system → its name or code: all of their municipalities, with figures or not.
    """
    from toolkit import catalog
    from toolkit.territory import Register, fold

    register = Register(catalog.default())
    words, embedded = fold(search).split(), register.embedded()
    rows: Rows = []
    areas = [register.named(kind, text) for kind, text in (within or {}).items()]
    for one in register.municipalities():
        if not all(one.istat_code in area for area in areas):
            continue
        wanted = (
            _matches(fold(one.name).split(), words) or search in (one.istat_code, one.cadastral_code)
            if search
            else areas or one.istat_code in embedded
        )
        if wanted:
            rows.append(
                (one.istat_code, one.name, one.province, "figures" if one.istat_code in embedded else "no figures")
            )
    return sorted(rows, key=lambda row: fold(row[1]) != fold(search)) if search else rows  # the very name first


def areas(home: Path, search: str = "") -> Rows:
    """Id, Italian name, kind, status, days and number of members."""
    from toolkit import catalog
    from toolkit.territory import Register

    register = Register(catalog.default())
    rows: Rows = []
    for id in catalog.load("areas")["area"]:
        area = register.area(id)
        days = f"{area.valid_from or '…'} – {area.valid_to or '…'}"
        rows.append((area.id, area.name_it, area.kind, area.status, days, f"{len(area.members)} municipalities"))
    return _found(rows, search)


def sets(home: Path, search: str = "") -> Rows:
    """Name of the file, title, and what it holds."""
    from toolkit import params

    def row(path: Path) -> tuple[str, ...]:
        chosen = params.load(params.MunicipalitySet, path)
        holds = f"{chosen.area}, {chosen.date}" if chosen.area else f"{len(chosen.municipalities)} municipalities"
        return path.stem, chosen.title.it, holds

    return _found(_files(home / "params" / "sets", "*.yml", row), search)


def policies(home: Path, search: str = "") -> Rows:
    """Name of the file, title, where it applies, how many outcomes."""
    from toolkit import params
    from toolkit.params.policy import Policy

    def row(path: Path) -> tuple[str, ...]:
        policy = params.load(Policy, path)
        return path.stem, policy.title.it, policy.territory.name.it, f"{len(policy.outcomes)} outcomes"

    return _found(_files(home / "params" / "policies", "*.yml", row), search)


def runs(home: Path, search: str = "") -> Rows:
    """Name of the file, title, notebooks, sets and languages."""
    from toolkit import params

    def row(path: Path) -> tuple[str, ...]:
        plan = params.load(params.RunPlan, path)
        rules = [f"{name}: {text}" for name in params.RULES if (text := getattr(plan, name))] + ["all"] * plan.all
        whom = ", ".join([*plan.sets, *plan.municipalities, *plan.areas, *rules])
        return path.stem, plan.title.it, ", ".join(plan.notebooks), whom, ", ".join(plan.languages)

    return _found(_files(home / "params" / "runs", "*.yml", row), search)


def notebooks(home: Path, search: str = "") -> Rows:
    """Name, title, and the parameters it declares."""
    from toolkit.run import notebooks as room

    def row(path: Path) -> tuple[str, ...]:
        first = next((cell["source"] for cell in room.read(path)["cells"] if cell["cell_type"] == "markdown"), "")
        return path.stem, first.split("\n")[0].lstrip("# "), ", ".join(room.declared(path))

    return _found(_files(home / "notebooks", "[!_]*.ipynb", row), search)


def tables(home: Path, search: str = "") -> Rows:
    """Name, title, publisher and reference date of the embedded tables."""
    from toolkit import catalog

    data = catalog.default()
    sources = [data.source(name) for name in data.names()]
    return _found([(one.name, one.title["it"], one.publisher["it"], one.reference_date) for one in sources], search)


def indicators(home: Path, search: str = "") -> Rows:
    """Id, name, unit and tables of the registered indicators."""
    from toolkit.indicators import REGISTRY

    return _found([(one.id, one.name["it"], one.unit, ", ".join(one.tables)) for one in REGISTRY.values()], search)


KINDS: dict[str, Callable[[Path, str], Rows]] = {
    "municipalities": municipalities,
    "areas": areas,
    "sets": sets,
    "runs": runs,
    "policies": policies,
    "notebooks": notebooks,
    "tables": tables,
    "indicators": indicators,
}


def _files(folder: Path, pattern: str, row: Callable[[Path], tuple[str, ...]]) -> Rows:
    """A row a file; a faulty one is listed with what is wrong, so that the others are seen."""
    rows: Rows = []
    for path in sorted(folder.glob(pattern)):
        try:
            rows.append(row(path))
        except ToolkitError as fault:
            rows.append((path.stem, f"! {str(fault).splitlines()[0]}"))
    return rows


def _matches(name: list[str], words: list[str]) -> bool:
    """Whether every word searched begins a word of the name."""
    return all(any(part.startswith(word) for part in name) for word in words)


def _found(rows: Rows, search: str) -> Rows:
    return [row for row in rows if search.casefold() in " ".join(row).casefold()]
