"""What a database error means to those who could try again."""

from django.db import DatabaseError, InterfaceError, OperationalError


def went_away(problem: BaseException) -> bool:
    """Did the server, or the connection to it, break off? Then a new connection may succeed.

    psycopg2 reports a server that was lost in the middle of a statement as a bare DatabaseError.
    """
    return isinstance(problem, OperationalError | InterfaceError) or type(problem) is DatabaseError
