"""The product album (doc 95096)."""

from dataclasses import dataclass
from typing import Any

from wecom.parsing import Payload


@dataclass(frozen=True, slots=True)
class Product(Payload):
    """price in fen, create_time in unix seconds. An attachment: `{"type": "image", "image": {"media_id": …}}`."""

    product_id: str
    description: str = ""
    price: int = 0
    create_time: int = 0
    product_sn: str = ""
    attachments: tuple[dict[str, Any], ...] = ()

    @property
    def media_ids(self) -> list[str]:
        """media_ids of the pictures, in order."""
        images = [item.get("image") for item in self.attachments]
        return [str(image["media_id"]) for image in images if isinstance(image, dict) and image.get("media_id")]
