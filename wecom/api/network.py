from wecom.api.base import API, Answer
from wecom.parsing import texts_of


def _addresses(answer: Answer) -> list[str]:
    return texts_of(answer.get("ip_list"))


class Network(API):
    """WeCom's own addresses, for corps whose firewall lists them: fetch them daily."""

    def callback_ips(self) -> list[str]:
        """Where callbacks come from. doc 90930"""
        return self._fetch("getcallbackip", _addresses, "ip_list")

    def api_ips(self) -> list[str]:
        """Where the API's domain leads to. doc 92520"""
        return self._fetch("get_api_domain_ip", _addresses, "ip_list")
