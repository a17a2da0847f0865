"""Markdown, as GitHub shows it."""


def anchor(heading: str) -> str:
    """Where the section with that *heading* is linked to."""
    return "".join(c for c in heading.lower() if c.isalnum() or c in " -_").replace(" ", "-")
