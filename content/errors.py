class ContentError(Exception):
    """Content that cannot be sent. `path` leads to the item or its field, such as `[1].url`; empty: the whole."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message
