"""Codes that the dated register does not have: of older lists, of municipalities merged before it, of lists after it.

They are of no use for joining figures; they tell who gives a code of another day which one the register has.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from toolkit.sources.raw import RawFile

FOLDER = "national/register"
MAP = f"{FOLDER}/IT_mappa_codici_1991_2026_verso_2026.csv.gz"
MERGED = f"{FOLDER}/IT_comuni_soppressi_1861_2024.csv.gz"
IN_FORCE = "in force 2026"
RECODED_AFTER = "2026-01-01"  # the new codes of Sardinia
FOUNDED_AFTER = "2026"  # merged after the register; the day is in none of the files
UNTIL = {"code 2010-16": "2017", "code 2006-09": "2010", "code 1995-2005": "2006"}  # rule -> first list without it


def table(raw: Path, register: pd.DataFrame) -> pd.DataFrame:
    """One row a code and municipality of the register in which it is found today.

    Args:
        raw: folder of the publishers' files.
        register: the table municipalities.

    Returns:
        Columns code, name, kind (`recoding`, `merger` before the register; `later_recoding`, `later_merger` after
        it), date (a day, or the year of the first list in which it changed), istat_code.
    """
    source = RawFile("other_codes", raw / MAP)
    codes = source.csv(["cod", "cod_2026", "nome_2026", "regola"])
    source.codes(codes, "cod")
    source.unique(codes, ["cod"])
    known = set(UNTIL) | {IN_FORCE, "merged", "code 2025"}
    source.require(set(codes["regola"]) <= known, f"has the rules {', '.join(sorted(known))}")
    living = register.loc[register["valid_to"] == "", ["istat_code", "name"]]
    mapped = living.merge(codes, left_on="istat_code", right_on="cod", how="left")
    source.require(bool(mapped["cod_2026"].notna().all()), "maps every code of the register")
    today = mapped.groupby("cod_2026")["istat_code"].agg(list).to_dict()
    missing = codes[~codes["cod"].isin(set(register["istat_code"]))]
    source.require(set(missing["cod_2026"]) <= set(today), "maps every other code to one of the register")
    names, days = dict(zip(living["istat_code"], living["name"], strict=True)), _merged(raw)
    found = [row for one in missing.itertuples() for row in _rows(one, today[one.cod_2026], names, days, source)]
    frame = pd.DataFrame(found, columns=["code", "name", "kind", "date", "istat_code"])
    return frame.sort_values(["code", "istat_code"]).reset_index(drop=True)


def _rows(
    one: object, heirs: list[str], names: dict[str, str], merged: dict[str, tuple[str, str]], source: RawFile
) -> Iterator[tuple[str, str, str, str, str]]:
    code, name, rule = (str(getattr(one, column)) for column in ("cod", "nome_2026", "regola"))
    if rule == IN_FORCE:
        kind, date = ("later_recoding", RECODED_AFTER) if len(heirs) == 1 else ("later_merger", FOUNDED_AFTER)
    elif rule in UNTIL:
        kind, date, name = "recoding", UNTIL[rule], names[heirs[0]]
    else:
        source.require(code in merged, f"has merged municipalities that {MERGED} has too; {code} is not there")
        kind, (name, date) = "merger", merged[code]
    for heir in heirs:
        yield code, name, kind, date, heir


def _merged(raw: Path) -> dict[str, tuple[str, str]]:
    """Name and last change of the municipalities that are no more, by code."""
    source = RawFile("other_codes", raw / MERGED)
    rows = source.csv(["Codice Comune", "Denominazione Comune", "Data evento"])
    days = pd.to_datetime(rows["Data evento"], format="%d/%m/%Y").dt.strftime("%Y-%m-%d")
    rows = rows.assign(day=days).sort_values("day", kind="stable").drop_duplicates("Codice Comune", keep="last")
    return {row[0]: (row[1], row[2]) for row in rows[["Codice Comune", "Denominazione Comune", "day"]].to_numpy()}
