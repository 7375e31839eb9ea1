"""Spaces for production: standards and charges, sharing, siting, spatial structure, unused spaces, checklist.

Pure functions on DataFrames. Coefficients come as rows of `spaces_rules`, each with its act and how surely it was read;
prices and weights are the user's own.
"""

from toolkit.spaces.apea import checklist, completeness
from toolkit.spaces.compensation import balance
from toolkit.spaces.contiguity import getis_ord, local_getis_ord, local_moran, moran, weights
from toolkit.spaces.inventory import by_state, check, match_calls
from toolkit.spaces.perequation import (
    airport,
    constrained_equal_awards,
    constrained_equal_losses,
    exchange,
    gini,
    lorenz,
    net_positions,
    proportional,
    shapley,
    talmud,
)
from toolkit.spaces.screening import frames, screen
from toolkit.spaces.siting import (
    ahp,
    attention,
    electre_1,
    electre_2,
    exclude,
    in_order,
    outranking,
    rank_interval,
    topsis,
    weighted_sum,
)
from toolkit.spaces.standards import charge_lines, discharge_limit, due, logistics_level, minimum_volume, public_space

__all__ = [
    "ahp",
    "airport",
    "attention",
    "balance",
    "by_state",
    "charge_lines",
    "check",
    "checklist",
    "completeness",
    "constrained_equal_awards",
    "constrained_equal_losses",
    "discharge_limit",
    "due",
    "electre_1",
    "electre_2",
    "exchange",
    "exclude",
    "frames",
    "getis_ord",
    "gini",
    "in_order",
    "local_getis_ord",
    "local_moran",
    "logistics_level",
    "lorenz",
    "match_calls",
    "minimum_volume",
    "moran",
    "net_positions",
    "outranking",
    "proportional",
    "public_space",
    "rank_interval",
    "screen",
    "shapley",
    "talmud",
    "topsis",
    "weighted_sum",
    "weights",
]


def __dir__() -> list[str]:
    return sorted(__all__)
