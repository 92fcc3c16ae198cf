class ConditionError(Exception):
    """A tree that is not of the language. `path` leads to the node, such as `all[1].value`; empty: the tree itself."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message
