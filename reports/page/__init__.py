"""The report: one HTML page that needs nothing else, with a drawing of each execution."""
