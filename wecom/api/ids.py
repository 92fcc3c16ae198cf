from collections.abc import Sequence

from wecom.api.base import API, Answer
from wecom.outgoing import check_between, check_count
from wecom.parsing import rows_of, text_of
from wecom.payloads import NewExternalUserid, OpenUserids, TmpIdentities

CUSTOMER = 1  # user_type; 2 a partner corp's member, 3 an upstream or downstream corp's, 4 a linked corp's
MEETING, FORM, DOCUMENT = 1, 2, 3  # business_type


def _openid(answer: Answer) -> str:
    return text_of(answer.get("openid"))


def _external_userid(answer: Answer) -> str:
    return text_of(answer.get("external_userid"))


class Ids(API):
    """The same person under another name. The unionid of a customer is a field of `customers.get`.

    `idconvert/unionid_to_external_userid` (docs 93274, 95926) is not here: self-built apps may not call it. There is
    no call that finds a customer by mobile number.
    """

    def openid(self, external_userid: str) -> str:
        """The openid of a customer who is a WeChat user, for payments. doc 92323

        41056: he is a WeCom user. 41057: the corp has bound no WeChat developer account.
        """
        endpoint = "externalcontact/convert_to_openid"
        return self._query(endpoint, _openid, "openid", {"external_userid": external_userid})

    def from_tmp(self, tmp_ids: Sequence[str], business_type: int, user_type: int = CUSTOMER) -> TmpIdentities:
        """Up to 100 temporary ids that this app got in a meeting (1), a form (2) or a document (3). doc 98729

        user_type: 1 customer, 2-4 members of other corps. What cannot be converted is listed as invalid.
        """
        endpoint = "idconvert/convert_tmp_external_userid"
        check_count(endpoint, "tmp_external_userid_list", tmp_ids, 100)
        check_between(endpoint, "business_type", business_type, MEETING, DOCUMENT)
        check_between(endpoint, "user_type", user_type, CUSTOMER, 4)
        body = {"business_type": business_type, "user_type": user_type, "tmp_external_userid_list": [*tmp_ids]}
        return self._query(endpoint, TmpIdentities.from_wecom, "results", body)

    def userids(self, open_userids: Sequence[str], source_agentid: int) -> OpenUserids:
        """The members whom the third-party app `source_agentid` knows by up to 1,000 open_userids. doc 95884"""
        endpoint = "batch/openuserid_to_userid"
        check_count(endpoint, "open_userid_list", open_userids, 1000)
        body = {"open_userid_list": [*open_userids], "source_agentid": source_agentid}
        return self._query(endpoint, OpenUserids.from_wecom, "userid_list", body)

    def from_service(self, external_userid: str, source_agentid: int) -> str:
        """The customer whom the third-party app `source_agentid` knows by this external_userid. doc 95884"""
        body = {"external_userid": external_userid, "source_agentid": source_agentid}
        return self._query("externalcontact/from_service_external_userid", _external_userid, "external_userid", body)

    def to_service(self, external_userid: str) -> str:
        """How the corp's service provider knows our customer. doc 95195"""
        body = {"external_userid": external_userid}
        return self._query("externalcontact/to_service_external_userid", _external_userid, "external_userid", body)

    def renewed(self, external_userids: Sequence[str]) -> list[NewExternalUserid]:
        """What became of up to 1,000 external_userids from before the corp's migration; unknown ones are left out."""
        endpoint = "externalcontact/get_new_external_userid"
        check_count(endpoint, "external_userid_list", external_userids, 1000)

        def parse(answer: Answer) -> list[NewExternalUserid]:
            return rows_of(NewExternalUserid, answer.get("items"))

        return self._query(endpoint, parse, "items", {"external_userid_list": [*external_userids]})
