from collections.abc import Iterator, Sequence
from typing import Any

from wecom.api.base import API, Answer
from wecom.outgoing import check_chars, check_count
from wecom.parsing import rows_of
from wecom.payloads import TransferItem, TransferState, Unassigned
from wecom.text import clean

MOST_CUSTOMERS = 100
MESSAGE_CHARS = 200


class Inheritance(API):
    """Customers change hands (docs 92125, 94088, 94081, 94082, 92124).

    An accepted transfer waits for 24 h, in which the customer may refuse; `results` tells, and so do the events
    `transfer_fail`, `del_external_contact` (Source DELETE_BY_TRANSFER) and `add_external_contact`.
    """

    def transfer(
        self, handover: str, takeover: str, external_userids: Sequence[str], *, message: str = ""
    ) -> list[TransferItem]:
        """Ask up to 100 customers of a member on the job to take another one. doc 92125

        `message`, ≤ 200 characters, is what they are told; empty leaves it to WeCom. A customer changes hands at most
        twice in 90 days (item 40128). Some items may be refused while the call succeeds.
        """
        endpoint = "externalcontact/transfer_customer"
        check_chars(endpoint, transfer_success_msg=(message, MESSAGE_CHARS))
        told = {"transfer_success_msg": clean(message)} if message else {}
        return self._transfer(endpoint, handover, takeover, external_userids, told)

    def results(self, handover: str, takeover: str) -> Iterator[TransferState]:
        """What became of the transfers between the two, on the job. doc 94088"""
        return self._results("externalcontact/transfer_result", handover, takeover)

    def transfer_resigned(self, handover: str, takeover: str, external_userids: Sequence[str]) -> list[TransferItem]:
        """The same for a member who resigned within the last year. RETRY (45035) when called in parallel. doc 94081"""
        return self._transfer("externalcontact/resigned/transfer_customer", handover, takeover, external_userids, {})

    def results_resigned(self, handover: str, takeover: str) -> Iterator[TransferState]:
        """What became of the transfers from a member who resigned. doc 94082"""
        return self._results("externalcontact/resigned/transfer_result", handover, takeover)

    def unassigned(self) -> Iterator[Unassigned]:
        """Customers of members who resigned, newest resignation first; one row per customer and member. doc 92124"""
        return self._pages("externalcontact/get_unassigned_list", "info", Unassigned, {"page_size": 1000})

    def _transfer(
        self, endpoint: str, handover: str, takeover: str, external_userids: Sequence[str], told: dict[str, Any]
    ) -> list[TransferItem]:
        check_count(endpoint, "external_userid", external_userids, MOST_CUSTOMERS)

        def parse(answer: Answer) -> list[TransferItem]:
            return rows_of(TransferItem, answer.get("customer"))

        pair = {"handover_userid": handover, "takeover_userid": takeover}
        return self._write(endpoint, {**pair, "external_userid": [*external_userids], **told}, parse, "customer")

    def _results(self, endpoint: str, handover: str, takeover: str) -> Iterator[TransferState]:
        pair = {"handover_userid": handover, "takeover_userid": takeover}
        return self._pages(endpoint, "customer", TransferState, pair)
