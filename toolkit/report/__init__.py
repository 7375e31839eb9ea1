"""Reports: the object that every notebook uses, and what each notebook shows, one file a notebook."""

from toolkit.report.report import Report
from toolkit.report.setting import Scale, Setting

__all__ = ["Report", "Scale", "Setting"]
