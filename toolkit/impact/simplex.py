"""Weights on a simplex, and the importance of predictors that makes them track the outcome.

Weights W are non-negative and add to one. The inner problem of a synthetic control, least ‖D·W‖ with D = X₀ − X₁, is
solved exactly: up to scale it is the non-negative least squares solution of [D; 1'] w ≈ [0; 1]. It takes tens of
microseconds, so that the outer search can start from many points and all placebos can be run.
"""

from __future__ import annotations

import numpy as np

from toolkit.errors import MethodError


def simplex_weights(distance: np.ndarray) -> np.ndarray:
    """Weights w ≥ 0, Σw = 1, that minimise ‖distance · w‖; `distance` is conditions × donors."""
    from scipy.optimize import nnls

    size = float(np.sqrt((distance**2).mean()))
    if size == 0:
        return np.full(distance.shape[1], 1 / distance.shape[1])
    system = np.vstack([distance / size, np.ones(distance.shape[1])])
    goal = np.zeros(len(system))
    goal[-1] = 1
    try:
        w, _ = nnls(system, goal, maxiter=30 * max(system.shape))
    except RuntimeError:
        raise MethodError(
            "synthetic control: the weights did not converge", hint="use fewer donors", reason="not_converged"
        ) from None
    return w / w.sum()


def search_importance(D: np.ndarray, gap: np.ndarray, X0: np.ndarray, Y0: np.ndarray, starts: str) -> np.ndarray:
    """The importance V that minimises the error on the outcome, without chance.

    The error has many local minima, and the best may need weights that differ by orders of magnitude: the search is in
    logarithms, over equal weights, Synth's regression of outcomes on predictors and, unless `starts` is "synth", an
    even grid (Sobol) over eight natural logarithms, of which the best four; each is refined by Nelder-Mead.
    """
    from scipy.optimize import minimize
    from scipy.stats import qmc

    k = len(D)

    def error(theta: np.ndarray) -> float:
        v = np.exp(theta - theta.max())
        return float(((gap @ simplex_weights(np.sqrt(v)[:, None] * D)) ** 2).mean())

    slopes = np.linalg.lstsq(np.column_stack([np.ones(X0.shape[1]), X0.T]), Y0.T, rcond=None)[0][1:]
    regression = np.log(np.clip((slopes**2).sum(axis=1) / (slopes**2).sum(), np.exp(-8), None))
    points = [np.zeros(k), regression]
    if starts == "many":
        grid = list(qmc.Sobol(k, scramble=False).random(256) * -8.0)
        points += sorted(grid, key=error)[:4]
    best, lowest = points[0], error(points[0])
    for start in points:
        simplex = np.vstack([start, start + 1.5 * np.eye(k)])
        options = {
            "maxfev": 150 * k,
            "xatol": 1e-2,
            "fatol": 1e-7 * lowest,
            "adaptive": True,
            "initial_simplex": simplex,
        }
        found = minimize(error, start, method="Nelder-Mead", options=options)
        if found.fun < lowest:
            best, lowest = found.x, float(found.fun)
    v = np.exp(best - best.max())
    return v / v.sum()
