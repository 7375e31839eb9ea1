"""What could be seen at all: sample sizes and minimum detectable effects, before any estimate.

References: Cohen (1988); Bloom (1995), Evaluation Review 19(5); Frison and Pocock (1992), Statistics in Medicine
11(13).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import stats

from toolkit.errors import MethodError
from toolkit.impact.interface import Panel, finite, quiet

Law = Literal["t", "normal"]


def power_of(effect: float, se: float, *, df: float | None = None, alpha: float = 0.05) -> float:
    """Probability that a two-sided test at `alpha` sees an effect measured with standard error `se`.

    Args:
        df: degrees of freedom of a t test (noncentral t); None for the normal.

    >>> round(power_of(2.8, 1.0), 3)
    0.8
    """
    _probabilities(0.5, alpha)
    if not se > 0 or not np.isfinite(effect):
        raise MethodError("power needs a finite effect and a positive standard error")
    shift = abs(effect) / se
    if df is None:
        bound = stats.norm.ppf(1 - alpha / 2)
        return float(stats.norm.sf(bound - shift) + stats.norm.cdf(-bound - shift))
    bound = stats.t.ppf(1 - alpha / 2, df)
    return float(stats.nct.sf(bound, df, shift) + stats.nct.cdf(-bound, df, shift))


def n_per_arm(effect_size: float, *, power: float = 0.8, alpha: float = 0.05, law: Law = "t") -> int:
    """Units in each of two equal arms, for a standardised effect (Cohen's d) and a two-sided t or normal test.

    >>> n_per_arm(0.5)
    64
    """
    _probabilities(power, alpha)
    if not np.isfinite(effect_size) or effect_size == 0:
        raise MethodError("the effect size must be a number other than zero")
    from statsmodels.stats.power import NormalIndPower, TTestIndPower

    test = TTestIndPower() if _is_t(law) else NormalIndPower()
    if test.power(min(abs(effect_size), 10.0), 2, alpha) >= power:  # the smallest arms that have a spread
        return 2
    with quiet():
        n = test.solve_power(effect_size=abs(effect_size), power=power, alpha=alpha, ratio=1, alternative="two-sided")
    return int(np.ceil(finite(np.atleast_1d(n)[0], "power", "number of units") - 1e-9))


def mde_multiplier(*, power: float = 0.8, alpha: float = 0.05, df: float | None = None) -> float:
    """Standard errors that make a minimum detectable effect: t(1 − α/2) + t(power); 2.80 for 80 % and 5 %, two-sided.

    Args:
        df: degrees of freedom of the t test; None for the normal.
    """
    _probabilities(power, alpha)
    if df is not None and df < 1:
        raise MethodError(f"{df:g} degrees of freedom leave no test", reason="too_few_rows")
    law = stats.norm if df is None else stats.t(df)
    return float(law.ppf(1 - alpha / 2) + law.ppf(power))


def mde_two_groups(
    sd: float,
    treated: int,
    controls: int,
    *,
    r2: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
    law: Law = "t",
) -> float:
    """Minimum detectable difference of two means, in the unit of `sd`.

    Args:
        r2: share of variance explained by covariates.
    """
    _groups(treated, controls)
    if not 0 <= r2 < 1 or not sd > 0:
        raise MethodError("the standard deviation must be positive and r2 in [0, 1)")
    se = sd * np.sqrt((1 - r2) * (1 / treated + 1 / controls))
    return mde_multiplier(power=power, alpha=alpha, df=treated + controls - 2 if _is_t(law) else None) * float(se)


def mde_repeated(
    sd: float,
    correlation: float,
    treated: int,
    controls: int,
    *,
    pre: int,
    post: int,
    power: float = 0.8,
    alpha: float = 0.05,
    law: Law = "t",
) -> float:
    """Minimum detectable effect of a difference in differences, for equally correlated periods.

    `Var(change of means) = sd²·(1 − ρ)·(1/pre + 1/post)` (Frison and Pocock 1992). Where errors are serially
    correlated in another way use `mde_panel`, which takes the changes as they are.
    """
    _groups(treated, controls)
    if not sd > 0 or not -1 < correlation < 1 or pre < 1 or post < 1:
        raise MethodError("needs a positive standard deviation, a correlation in (-1, 1), a period on each side")
    se = sd * np.sqrt((1 - correlation) * (1 / pre + 1 / post) * (1 / treated + 1 / controls))
    return mde_multiplier(power=power, alpha=alpha, df=treated + controls - 2 if _is_t(law) else None) * float(se)


def mde_panel(panel: Panel, *, power: float = 0.8, alpha: float = 0.05, law: Law = "t") -> float:
    """Minimum detectable effect of a difference in differences on this panel, from its controls alone.

    The spread between controls of their change (mean after less mean before, over the windows of the design) holds
    all the serial correlation there is; the treated units' outcomes are not looked at. Staggered dates: the first one.
    """
    controls = panel.need_controls("minimum detectable effect", least=3)
    change = panel.changes(panel.treatment_times[0]).loc[controls]
    sd = float(change.std(ddof=1))
    if sd == 0:
        raise MethodError("minimum detectable effect: all controls change by the same amount", reason="same_change")
    treated = len(panel.treated_units)
    se = sd * np.sqrt(1 / treated + 1 / len(controls))
    return mde_multiplier(power=power, alpha=alpha, df=len(controls) - 1 if _is_t(law) else None) * float(se)


def mde_placebo(
    effects: np.ndarray,
    *,
    scales: np.ndarray | None = None,
    own_scale: float = 1.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """Smallest effect that a placebo rank test would see with probability `power`, whatever its sign.

    The placebos are what the treated unit might have shown without an effect: added to each, the effect must beat
    all but the share α of them. Infinite where there are too few placebos for p ≤ α.

    Args:
        effects: mean gaps of the donors.
        scales, own_scale: errors before treatment of the donors and of the treated unit, where the test ranks gaps
            relative to them; the answer is then in the unit of `own_scale`.
    """
    _probabilities(power, alpha)
    effects = np.asarray(effects, dtype=float)
    scales = np.ones(len(effects)) if scales is None else np.asarray(scales, dtype=float)
    if len(effects) < 3 or not np.isfinite(effects).all():
        raise MethodError(
            "a minimum detectable effect needs at least three finite placebo effects", reason="not_defined"
        )
    if scales.shape != effects.shape or not (scales > 0).all() or not own_scale > 0:
        raise MethodError("placebo scales must be positive, one an effect", reason="not_defined")
    beaten = int(np.floor(alpha * (len(effects) + 1))) - 1  # placebos that may be at least as extreme
    if beaten < 0:
        return float("inf")
    relative = effects / scales
    critical = float(np.sort(np.abs(relative))[::-1][beaten])
    # |τ + e| > critical: a positive τ needs more than critical − e, a negative one more than critical + e.
    reach = max(np.quantile(critical - relative, power), np.quantile(critical + relative, power))
    return float(reach) * own_scale


def _probabilities(power: float, alpha: float) -> None:
    if not (0 < alpha < 1 and 0 < power < 1):
        raise MethodError("power and alpha are probabilities", allowed="between 0 and 1")


def _is_t(law: str) -> bool:
    if law not in ("t", "normal"):
        raise MethodError(f"no law {law!r} of a test", allowed=("t", "normal"))
    return law == "t"


def _groups(treated: int, controls: int) -> None:
    if treated < 1 or controls < 1 or treated + controls < 3:
        raise MethodError(f"{treated} treated and {controls} comparison units leave nothing to test")
