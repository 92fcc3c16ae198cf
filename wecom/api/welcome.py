from collections.abc import Sequence

from wecom.api.base import API, nothing
from wecom.outgoing import Attachment, message


class Welcome(API):
    def send(self, code: str, text: str = "", attachments: Sequence[Attachment] = ()) -> None:
        """Answer a WelcomeCode: once, within 20 s of its event. Text ≤ 4000 bytes, ≤ 9 attachments. doc 92137

        41050: too late or unknown code. 41051: already welcomed or chatting. 41096: another app is at it (retried).
        """
        endpoint = "externalcontact/send_welcome_msg"
        self._write(endpoint, {"welcome_code": code, **message(endpoint, text, attachments)}, nothing)
