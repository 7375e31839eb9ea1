"""What a policy changed, what can be expected of it, and whether either can be known. Pure functions, nothing printed.

After the fact: build a `Panel`, then `evaluate` (screening, detectable effect, estimate with its tests, verdict), or
the estimators one by one. Before the fact: `industry_by_industry`, `expect`. While it runs: `Trial`, `decide`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "interface": ("Break", "Note", "Panel", "Result"),
    "did": ("dose_response", "event_study", "first_differences", "pre_trends", "two_by_two", "two_way_fixed_effects"),
    "staggered": ("callaway_santanna", "goodman_bacon"),
    "honest": ("EXCLUDED", "honest_did", "honest_event_study"),
    "synthetic": ("Predictor", "Spec", "synthetic_control"),
    "simplex": ("simplex_weights",),
    "placebos": ("donor_pools", "in_space", "in_time", "leave_one_out", "nearest_donors"),
    "sdid": ("synthetic_did",),
    "randomisation": ("randomisation_test",),
    "interrupted": ("interrupted_time_series",),
    "seeing": ("detectable",),
    "threshold": ("discontinuity",),
    "power": ("mde_multiplier", "mde_panel", "mde_placebo", "mde_repeated", "mde_two_groups", "n_per_arm", "power_of"),
    "break_date": ("find_break",),
    "breaks": ("Screening", "screen"),
    "verdict": ("Evidence", "Reason", "Verdict", "judge", "reason_keys", "refusal"),
    "designs": ("Evaluation", "evaluate"),
    "input_output": (
        "InputOutput",
        "SupplyUse",
        "employment_multipliers",
        "households_closed",
        "industry_by_industry",
        "leontief_inverse",
        "mean_multipliers",
        "multipliers",
        "spread_blocks",
        "technical_coefficients",
    ),
    "flq": ("direct_purchases", "flegg_quotients", "location_quotients", "regional_coefficients", "size_factor"),
    "economy": ("Economy",),
    "question": ("Finding", "Question", "answer", "answer_threshold", "holm", "comparison_units", "unanswered"),
    "exante": ("Expectation", "Grant", "Range", "expect"),
    "sequential": ("Outcome", "Reading", "Trial", "confidence_sequence", "decide", "spending_bounds", "spent"),
    "monitoring": ("Claim", "ClaimCheck", "actor_matrix", "check_claim", "planned_against_actual"),
    "labels": ("LABELS",),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
