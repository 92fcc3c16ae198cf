import re
from collections.abc import Iterator, Sequence
from typing import Any

from wecom.api.base import API, Answer, nothing
from wecom.outgoing import check_bytes, check_chars, check_count, refuse
from wecom.payloads import Product
from wecom.text import clean

DESCRIPTION_CHARS = 300
HIGHEST_PRICE = 5_000_000  # fen
SN_BYTES = 128
MOST_PICTURES = 9
SN = re.compile(r"[A-Za-z0-9]+")


class ProductAlbum(API):
    """Products that staff show to customers in a chat. An app changes and deletes only those that it made."""

    def add(self, description: str, price: int, pictures: Sequence[str], product_sn: str = "") -> str:
        """Make a product; its product_id. `price` in fen; `pictures` are 1 to 9 media_ids of album attachments.
        doc 95096"""
        endpoint = "externalcontact/add_product_album"
        if not description or not pictures:
            raise refuse(endpoint, "description and attachments are needed")
        body = _product(endpoint, description, price, pictures, product_sn or None)

        def parse(answer: Answer) -> str:
            return str(answer["product_id"])

        return self._write(endpoint, body, parse, "product_id")

    def get(self, product_id: str) -> Product:
        """PERMANENT: 41073 for a product that never was, 41074 for a deleted one. doc 95096"""

        def parse(answer: Answer) -> Product:
            return Product.from_wecom(answer.get("product"))

        return self._query("externalcontact/get_product_album", parse, "product", {"product_id": product_id})

    def list(self) -> Iterator[Product]:
        """All products of the corp, those of other apps included. doc 95096"""
        return self._pages("externalcontact/get_product_album_list", "product_list", Product, {"limit": 100})

    def update(
        self,
        product_id: str,
        *,
        description: str | None = None,
        price: int | None = None,
        pictures: Sequence[str] | None = None,
        product_sn: str | None = None,
    ) -> None:
        """Change a product; None leaves a field as it is, pictures replace all. doc 95096"""
        endpoint = "externalcontact/update_product_album"
        changes = _product(endpoint, description, price, pictures, product_sn)
        if not changes:
            raise refuse(endpoint, "description: nothing to change")
        self._write(endpoint, {"product_id": product_id, **changes}, nothing)

    def delete(self, product_id: str) -> None:
        self._write("externalcontact/delete_product_album", {"product_id": product_id}, nothing)


def _product(
    endpoint: str, description: str | None, price: int | None, pictures: Sequence[str] | None, product_sn: str | None
) -> dict[str, Any]:
    check_chars(endpoint, description=(description, DESCRIPTION_CHARS))
    check_bytes(endpoint, product_sn=(product_sn, SN_BYTES))
    if price is not None and not 0 <= price <= HIGHEST_PRICE:
        raise refuse(endpoint, f"price is {price}, 0 to {HIGHEST_PRICE} fen are allowed")
    if product_sn and not SN.fullmatch(product_sn):
        raise refuse(endpoint, "product_sn has more than letters and digits")
    body: dict[str, Any] = {"description": clean(description) if description else None, "price": price}
    body["product_sn"] = product_sn
    if pictures is not None:
        check_count(endpoint, "attachments", pictures, MOST_PICTURES)
        body["attachments"] = [{"type": "image", "image": {"media_id": media_id}} for media_id in pictures]
    return {name: value for name, value in body.items() if value is not None}
