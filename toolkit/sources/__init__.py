"""One adapter per publisher: what they publish in, tidy tables out. Italian column names end here."""
