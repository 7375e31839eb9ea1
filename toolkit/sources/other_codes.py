"""Codes of other days: of older lists, and of municipalities that are part of another today.

They join figures of any year to the register (`today`: then sum over the rows of one code), and tell who gives such a
code which one the register has.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile

FOLDER = "national/register"
MAP = f"{FOLDER}/IT_mappa_codici_1991_2026_verso_2026.csv.gz"
MERGED = f"{FOLDER}/IT_comuni_soppressi_1861_2024.csv.gz"
NAMES_2025 = f"{FOLDER}/IT_crosswalk_codici_2026_2025_storici.csv.gz"
IN_FORCE, LAST_YEAR = "in force 2026", "code 2025"
RECODED = "2026-01-01"  # the new codes of Sardinia
MERGED_SINCE = "2026"  # the mergers of this year; their days are in none of the files
UNTIL = {"code 2010-16": "2017", "code 2006-09": "2010", "code 1995-2005": "2006"}  # rule -> first list without it


def today(raw: Path, source: RawFile, codes: pd.Series) -> pd.Series:
    """The code in force for each code of any year since 1991; figures of several that became one are added up.

    Args:
        raw: folder of the publishers' files.
        source: the file that holds the codes, for messages.
        codes: six digits as text.

    Raises:
        DataError: a code that no list since 1991 has.
    """
    mapped = codes.map(_map(raw / MAP))
    unknown = sorted(set(codes[mapped.isna()]))
    source.require(not unknown, f"has codes of the lists since 1991; unknown: {', '.join(unknown[:5])}")
    return mapped


def in_force(raw: Path) -> list[str]:
    """The codes of the municipalities of today."""
    return sorted(set(_map(raw / MAP).values()))


@cache
def _map(path: Path) -> dict[str, str]:
    rows = RawFile("other_codes", path).csv(["cod", "cod_2026"])
    return dict(zip(rows["cod"], rows["cod_2026"], strict=True))


def table(raw: Path, register: pd.DataFrame) -> pd.DataFrame:
    """One row a code that the register does not have.

    Args:
        raw: folder of the publishers' files.
        register: the table municipalities.

    Returns:
        Columns code, name, kind (`recoding`: the same municipality has another code; `merger`: it is part of another),
        date (first day without it, or year of the first list without it), istat_code (in force).
    """
    source = RawFile("other_codes", raw / MAP)
    codes = source.csv(["cod", "cod_2026", "nome_2026", "regola"])
    source.codes(codes, "cod")
    source.unique(codes, ["cod"])
    known = {IN_FORCE, "merged", LAST_YEAR, *UNTIL}
    source.require(set(codes["regola"]) <= known, f"has the rules {', '.join(sorted(known))}")
    living = codes.loc[codes["regola"] == IN_FORCE, "cod"]
    source.require(set(living) == set(register["istat_code"]), "has every code of the register, and no other in force")
    gone = codes[codes["regola"] != IN_FORCE]
    source.require(set(gone["cod_2026"]) <= set(living), "maps every other code to one of the register")
    heirs = gone.loc[gone["regola"] == LAST_YEAR, "cod_2026"].value_counts()
    names, days, began = _names_2025(raw), _merged(raw), register.set_index("istat_code")["valid_from"].to_dict()
    today_names = register.set_index("istat_code")["name"].to_dict()
    rows = []
    for code, heir, rule in gone[["cod", "cod_2026", "regola"]].itertuples(index=False):
        if rule == "merged":
            source.require(code in days, f"has merged municipalities that {MERGED} has too; {code} is not there")
            rows.append((code, days[code][0], "merger", days[code][1], heir))
        elif rule == LAST_YEAR and (heirs[heir] > 1 or names[code] != names.get(heir, names[code])):
            rows.append((code, names[code], "merger", MERGED_SINCE, heir))
        else:
            day = RECODED if rule == LAST_YEAR else began[heir] if began[heir][:4] < RECODED[:4] else ""
            rows.append((code, today_names[heir], "recoding", day or UNTIL[rule], heir))
    frame = pd.DataFrame(rows, columns=["code", "name", "kind", "date", "istat_code"])
    return frame.sort_values("code").reset_index(drop=True)


def iso(days: pd.Series) -> pd.Series:
    """`22/01/2024` as `2024-01-22`."""
    return pd.to_datetime(days, format="%d/%m/%Y").dt.strftime("%Y-%m-%d")


def _names_2025(raw: Path) -> dict[str, str]:
    """Name of each municipality of 2025, by its code of that year."""
    rows = RawFile("other_codes", raw / NAMES_2025).csv(["cod_2025", "nome_2025"])
    return dict(zip(rows["cod_2025"], rows["nome_2025"], strict=True))


def _merged(raw: Path) -> dict[str, tuple[str, str]]:
    """Name and last change of the municipalities that are no more, by code."""
    source = RawFile("other_codes", raw / MERGED)
    rows = source.csv(["Codice Comune", "Denominazione Comune", "Data evento"])
    rows = rows.assign(day=iso(rows["Data evento"]))
    rows = rows.sort_values("day", kind="stable").drop_duplicates("Codice Comune", keep="last")
    return {row[0]: (row[1], row[2]) for row in rows[["Codice Comune", "Denominazione Comune", "day"]].to_numpy()}
