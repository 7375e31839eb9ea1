"""Municipalities that ended or began between 2019 and 2024, as far as the publishers' files show them.

Which codes ended is read in the files (a code that one year has and the register of 2023, or the income of 2023, has
not). Days and successors are those of ISTAT's summary of changes; the file itself was not at hand, so they were taken
from public transcriptions of it, and this is said in the column `source`.
"""

from __future__ import annotations

from typing import NamedTuple

ISTAT_SUMMARY = (
    "day and successor: ISTAT, summary of administrative changes from 2017 "
    "(www.istat.it/storage/codici-unita-amministrative/Novita-2025-2017.pdf), read in public transcriptions"
)


class Change(NamedTuple):
    """The code `istat_code` ends; from `date` on its territory is in `successor`."""

    istat_code: str
    name: str
    date: str
    kind: str  # merger | incorporation | recoding
    successor: str
    seen: str  # where the publishers' files show it


INCOME_2018 = "code seen in the income of 2018, no more in that of 2020 (MEF)"
INCOME_2021 = "code seen in the income of 2021 (MEF) and in ASIA 2018, not in the register of 1 January 2023"
ASIA_2018 = "code seen in ASIA 2018, not in the register of 1 January 2023"
INCOME_2023 = "code in the register of 1 January 2023, no more in the income of 2023 (MEF)"
MILANO = (
    "successor in every file; name and day in the issue's documents; the code of the abolished municipality is in none "
    "of the files: it is general knowledge, consistent with the gap in the register's alphabetical sequence"
)

CHANGES = (
    Change("005079", "Moransengo", "2023-01-01", "merger", "005122", INCOME_2021),
    Change("005110", "Tonengo", "2023-01-01", "merger", "005122", INCOME_2021),
    Change("012009", "Bardello", "2023-01-01", "merger", "012144", INCOME_2021),
    Change("012018", "Bregano", "2023-01-01", "merger", "012144", INCOME_2021),
    Change("012095", "Malgesso", "2023-01-01", "merger", "012144", INCOME_2021),
    Change("013199", "Ronago", "2024-01-01", "merger", "013256", INCOME_2023),
    Change("013228", "Uggiate-Trevano", "2024-01-01", "merger", "013256", INCOME_2023),
    Change("015235", "Vermezzo", "2019-02-08", "merger", "015251", MILANO),
    Change("015246", "Zelo Surrigone", "2019-02-08", "merger", "015251", MILANO),
    Change("018002", "Albaredo Arnaboldi", "2023-11-18", "incorporation", "018026", INCOME_2023),
    Change("022027", "Brez", "2020-01-01", "merger", "022253", INCOME_2018),
    Change("022030", "Cagnò", "2020-01-01", "merger", "022253", INCOME_2018),
    Change("022041", "Carano", "2020-01-01", "merger", "022254", INCOME_2018),
    Change("022046", "Castelfondo", "2020-01-01", "merger", "022252", INCOME_2018),
    Change("022063", "Cloz", "2020-01-01", "merger", "022253", INCOME_2018),
    Change("022070", "Daiano", "2020-01-01", "merger", "022254", INCOME_2018),
    Change("022080", "Faedo", "2020-01-01", "incorporation", "022167", INCOME_2018),
    Change("022088", "Fondo", "2020-01-01", "merger", "022252", INCOME_2018),
    Change("022111", "Malosco", "2020-01-01", "merger", "022252", INCOME_2018),
    Change("022152", "Revò", "2020-01-01", "merger", "022253", INCOME_2018),
    Change("022154", "Romallo", "2020-01-01", "merger", "022253", INCOME_2018),
    Change("022211", "Varena", "2020-01-01", "merger", "022254", INCOME_2018),
    Change("024044", "Gambugliano", "2024-01-22", "merger", "024128", INCOME_2023),
    Change("024103", "Sovizzo", "2024-01-22", "merger", "024128", INCOME_2023),
    Change("025002", "Alano di Piave", "2024-01-22", "merger", "025075", INCOME_2023),
    Change("025070", "Quero Vas", "2024-01-22", "merger", "025075", INCOME_2023),
    Change("028022", "Carceri", "2024-01-22", "merger", "028108", INCOME_2023),
    Change("028098", "Vighizzolo d'Este", "2024-01-22", "merger", "028108", INCOME_2023),
    Change("041032", "Monteciccardo", "2020-07-01", "incorporation", "041044", ASIA_2018),
    Change("041033", "Montecopiolo", "2021-06-17", "recoding", "099030", ASIA_2018),
    Change("041060", "Sassofeltrio", "2021-06-17", "recoding", "099031", ASIA_2018),
    Change("097085", "Vendrogno", "2020-01-01", "incorporation", "097008", INCOME_2018),
)

# Municipalities that began after the register of 1 January 2023, with the names of the income of 2023.
AFTER_2023 = {
    "013256": "Uggiate con Ronago",
    "024128": "Sovizzo",
    "025075": "Setteville",
    "028108": "Santa Caterina d'Este",
}
BEGINNINGS = {"081025": "2021-02-20"}  # Misiliscemi, carved out of Trapani, which went on
