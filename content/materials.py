"""Taking in uploads: the bytes decide what a file is, never its name. Limits: contract §14.4."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from content.models import Folder, Material, MaterialKind
from staff.models import AuditEntry, User
from wecom.models import Corp
from wecom.text import clean
from wecom.uploads import TEMPORARY

MAX_PIXELS = 40_000_000
JPEG_QUALITY = 90
LEAST_BYTES = 6  # "more than 5 B"
NAME_CHARACTERS = 80
OFFICE_ZIP = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".zip": "application/zip",
}
OFFICE_OLD = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
# the first bytes of a file → the extensions that may stand for them, with their types
SIGNATURES: list[tuple[bytes, dict[str, str]]] = [
    (b"%PDF-", {".pdf": "application/pdf"}),
    (b"PK\x03\x04", OFFICE_ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE_OLD),
]
PLAIN = {".txt": "text/plain", ".csv": "text/csv"}


@dataclass(frozen=True)
class Original:
    """Bytes that are fit to be kept, with the name and type that they deserve."""

    data: bytes
    filename: str
    content_type: str

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.filename).suffix


def store(
    corp: Corp, kind: MaterialKind, upload: UploadedFile, user: User, *, title: str = "", folder: Folder | None = None
) -> Material:
    """Keep an upload. Raises ValidationError with a sentence for the person who chose the file."""
    original = accept(kind, upload)
    material = Material(
        corp=corp,
        kind=kind,
        title=title,
        folder=folder,
        filename=original.filename,
        content_type=original.content_type,
        size=len(original.data),
        created_by=user,
    )
    material.file.save(f"original{original.suffix}", ContentFile(original.data), save=False)
    material.save()
    AuditEntry.write(user, "material.upload", material, kind=kind, size=material.size)
    return material


def accept(kind: MaterialKind, upload: UploadedFile) -> Original:
    most = TEMPORARY[kind]
    size = upload.size or 0
    if size > most:
        raise ValidationError(
            _("The file has %(size)d MB; WeCom takes %(most)d.") % {"size": mb(size), "most": mb(most)}
        )
    if size < LEAST_BYTES:
        raise ValidationError(_("The file is empty."))
    data = upload.read()
    name = plain_name(upload.name or "")
    original = {MaterialKind.IMAGE: image, MaterialKind.VIDEO: video, MaterialKind.FILE: document}[kind](data, name)
    if len(original.data) > most:
        raise ValidationError(_("The picture is too large for WeCom. Make it smaller and upload it again."))
    return original


def image(data: bytes, name: str) -> Original:
    """The picture drawn anew: what hid behind or beside it (scripts, second files, GPS data) does not survive."""
    too_many_pixels = ValidationError(_("The picture has too many pixels: at most 40 million."))
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise too_many_pixels
            return drawn_anew(picture, name)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels
    except (OSError, ValueError, SyntaxError, EOFError, struct.error):
        raise ValidationError(_("This is not a JPG or PNG picture."))


def drawn_anew(picture: Image.Image, name: str) -> Original:
    png = picture.format == "PNG"
    upright = ImageOps.exif_transpose(picture)
    plain = upright.convert("RGBA" if png and upright.has_transparency_data else "RGB")
    plain.info = {}  # comments, colour profile, camera and place
    out = io.BytesIO()
    if png:
        plain.save(out, "PNG")
        return Original(out.getvalue(), renamed(name, ".png"), "image/png")
    plain.save(out, "JPEG", quality=JPEG_QUALITY)
    return Original(out.getvalue(), renamed(name, ".jpg"), "image/jpeg")


def video(data: bytes, name: str) -> Original:
    if data[4:8] != b"ftyp":
        raise ValidationError(_("This is not an MP4 video."))
    return Original(data, renamed(name, ".mp4"), "video/mp4")


def document(data: bytes, name: str) -> Original:
    """A document that people send each other. Programs, web pages and SVG are refused."""
    suffix = PurePosixPath(name).suffix.lower()
    for signature, types in SIGNATURES:
        if data.startswith(signature) and suffix in types:
            return Original(data, name, types[suffix])
    if suffix in PLAIN and is_text(data):
        return Original(data, name, PLAIN[suffix])
    raise ValidationError(_("This kind of file cannot be sent: use PDF, Word, Excel, PowerPoint, ZIP, TXT or CSV."))


def is_text(data: bytes) -> bool:
    try:
        return "\x00" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def plain_name(name: str) -> str:
    """The uploader's name for the file, without folders, control and direction characters: for people to read."""
    base = PureWindowsPath(PurePosixPath(clean(name)).name).name
    visible = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cn", "Co"))
    visible = re.sub(r'[<>:"/\\|?*]', "_", visible).strip(" .")
    stem, suffix = PurePosixPath(visible).stem, PurePosixPath(visible).suffix
    return f"{stem[:NAME_CHARACTERS] or 'file'}{suffix[:8]}"


def renamed(name: str, suffix: str) -> str:
    return f"{PurePosixPath(name).stem or 'file'}{suffix}"


def mb(size: int) -> int:
    """Whole megabytes, rounded up."""
    return -(-size // (1024 * 1024))
