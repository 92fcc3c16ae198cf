"""What a verb says when the row, or WeCom, is not in a state that allows it."""

from django.utils.translation import gettext as _

from wecom.errors import ErrorKind, WeComError, WrongState

__all__ = ["WrongState", "refused"]


def refused(error: WeComError) -> WrongState:
    """WeCom's refusal of what a person asked for, as a sentence for that person."""
    if error.kind is ErrorKind.CONFIG:
        return WrongState(_("WeCom refuses this app's calls: an admin has to look at the corp's credentials."))
    if error.kind is ErrorKind.LIMIT:
        return WrongState(_("WeCom's frequency limit is used up. Please try again in a few minutes."))
    if error.fate_unknown:
        return WrongState(_("WeCom did not answer. It may have done this nevertheless: look again before repeating."))
    if error.kind in (ErrorKind.RETRY, ErrorKind.UNKNOWN):
        return WrongState(_("WeCom is busy or cannot be reached. Please try again in a moment."))
    words = error.errmsg.partition(", hint:")[0]  # what follows is for WeCom's support, not for people
    return WrongState(_("WeCom did not accept this: %(reason)s") % {"reason": f"{words} ({error.errcode})"})
