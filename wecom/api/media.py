from wecom.api.base import API
from wecom.outgoing import refuse
from wecom.payloads import Media
from wecom.transport import Call

MIB = 1024 * 1024
# doc 90253: most bytes of each kind; every file has more than 5.
MAX_BYTES = {"image": 10 * MIB, "voice": 2 * MIB, "video": 10 * MIB, "file": 20 * MIB}


class MediaFiles(API):
    def upload(self, kind: str, filename: str, data: bytes) -> Media:
        """Upload a file; its media_id lives 3 days. doc 90253

        `kind`: image (JPG, PNG), voice (AMR), video (MP4) or file.

        May be repeated: an id that nobody learned of expires by itself.
        """
        endpoint = "media/upload"
        if kind not in MAX_BYTES:
            raise refuse(endpoint, f"type is none of {', '.join(MAX_BYTES)}")
        if not 5 < len(data) <= MAX_BYTES[kind]:
            raise refuse(endpoint, f"media has {len(data)} bytes, 6 to {MAX_BYTES[kind]} are allowed")
        files = {"media": (filename, data, "application/octet-stream")}
        call = Call("POST", endpoint, {"type": kind}, files=files, expects="media_id")
        return self._call(call, Media.from_wecom)
