"""What people call things."""


def record_name(record: int) -> str:
    """The name of a record of the application: the first is r1."""
    return f"r{record + 1}"
