"""Reports: the object that every notebook uses, and what each notebook shows, one file a notebook."""

from toolkit.report.core import Report, Scale

__all__ = ["Report", "Scale"]
