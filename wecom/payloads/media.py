"""Media (doc 90253, 90254, 95098, 96219)."""

from dataclasses import dataclass

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class Media(Payload):
    """A media id lives 3 days from created_at (unix seconds; `media/upload` writes it as text)."""

    media_id: str
    type: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A downloaded file, or the part of it that was asked for; `size` is that of the whole file."""

    data: bytes
    content_type: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class UploadedMedia(Payload):
    """What an upload by URL came to. errcode: 830001 bad URL, 830003 it could not be fetched, 45001 too large,
    301019 another md5."""

    errcode: int = 0
    errmsg: str = ""
    media_id: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class UploadJob(Payload):
    """status: 1 under way, 2 done, 3 failed."""

    status: int
    detail: UploadedMedia = UploadedMedia()

    @property
    def finished(self) -> bool:
        return self.status != 1

    @property
    def media_id(self) -> str:
        """The new media id; empty unless the job ended well."""
        return self.detail.media_id if self.finished and not self.detail.errcode else ""
