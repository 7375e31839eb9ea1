"""Plan → jobs → worker processes → outcomes → promoted pages → manifest and index.

    result = run.execute(plan, Path("reports"))

Work happens in a scratch folder; a page is promoted with atomic replaces, and only if its notebook closed its report. A
failed page keeps its last good form and stops nobody else.
"""

from __future__ import annotations

from toolkit.run.batch import RunResult, execute
from toolkit.run.job import Job
from toolkit.run.outcome import Outcome, decide
from toolkit.run.plan import jobs

__all__ = ["Job", "Outcome", "RunResult", "decide", "execute", "jobs"]
