"""Every label key that this room hands to the report, with the values that come with it.

The report words them in each language; a test holds this table to the code, another the words to this table.
"""

from __future__ import annotations

from toolkit.impact.verdict import LEVELS, REFUSALS, RULES

_NOTES: dict[str, tuple[str, ...]] = {
    "autocorrelated": ("r",),
    "basic_prices": (),
    "break": ("time", "kind", "size"),
    "cells_without_controls": ("cells", "of"),
    "design_refused": ("why",),
    "few_clusters": ("clusters",),
    "few_near_threshold": ("rows",),
    "few_placebos": ("donors", "smallest"),
    "few_sets": ("sets", "smallest"),
    "few_treated": ("treated",),
    "fit_bad": ("rmspe",),
    "fit_too_good": ("rmspe", "donors"),
    "forbidden_weight": ("weight",),
    "honest_smoothness_only": (),
    "imputed_rents": ("industries",),
    "jobs_missing": (),
    "no_control_group": (),
    "not_screened": ("units", "periods"),
    "one_pre_period": (),
    "overdispersed": ("dispersion",),
    "perfect_fits": ("units",),
    "region_missing": (),
    "twfe_staggered": ("dates",),
    "type_one_only": (),
}
_TRIAL: dict[str, tuple[str, ...]] = {
    "better_but_short": (),
    "decided_before_reading": ("decided", "reading"),
    "ended_undecided": (),
    "no_better_than_before": (),
    "no_reading": (),
    "reading_missed": ("day",),
    "threshold_excluded": (),
    "threshold_reached": (),
    "undecided": (),
    "unplanned_reading": ("day",),
}
_CLAIM: dict[str, tuple[str, ...]] = {
    "absent": (),
    "different": ("claimed", "recomputed"),
    "other_territory": ("claimed", "ours"),
    "other_unit": ("claimed", "ours"),
    "other_year": ("claimed", "ours"),
    "reproduced": ("claimed", "recomputed"),
}

LABELS: dict[str, tuple[str, ...]] = {
    **{f"impact.note.{key}": values for key, values in _NOTES.items()},
    **{f"impact.reason.{key}": values for key, _, _, values in RULES},
    **{f"impact.reason.{key}": values for key, values in REFUSALS.items()},
    "impact.reason.not_after_holm": ("p_holm", "outcomes"),
    **{f"impact.trial.{key}": values for key, values in _TRIAL.items()},
    **{f"impact.claim.{key}": values for key, values in _CLAIM.items()},
    **{f"impact.verdict.{level}": () for level in LEVELS},
    **{f"impact.decision.{decision}": () for decision in ("keep", "adapt", "stop", "wait")},
    **{f"impact.status.{status}": () for status in ("estimated", "break", "refused")},
}
