"""What is wrong with a history's file."""


class BadHistoryError(Exception):
    """
    A file is no history.

    Attributes:
        file: Its name as it was given.
        line: From 1; None where it is about the whole file.
        key: The field that it is about, or None.
    """

    def __init__(self, message: str, file: str, line: int | None = None, key: str | None = None) -> None:
        """Say what is wrong, and where."""
        where = ":".join(str(each) for each in (file, line) if each is not None)
        super().__init__(f"{where}: {key}: {message}" if key else f"{where}: {message}")
        self.file, self.line, self.key = file, line, key
