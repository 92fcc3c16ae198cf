"""The envelope around every answer, and the checks on every request."""

import json
import re

import pytest

from tests.sandbox.actors import Corp


def test_an_error_has_hint_address_link_header_and_emptied_fields(corp: Corp) -> None:
    answer = corp.get("externalcontact/list", userid="anna")
    assert answer["errcode"] == 84061
    assert answer["external_userid"] == []
    pattern = (
        r"not external contact, hint: \[\w+\], from ip: 127\.0\.0\.1, more info at https://open\.work\..*\?e=84061"
    )
    assert re.fullmatch(pattern, answer["errmsg"])
    assert corp.headers["Error-Code"] == "84061"


def test_success_has_no_error_header(corp: Corp) -> None:
    assert corp.get("getcallbackip")["errmsg"] == "ok"
    assert "Error-Code" not in corp.headers


def test_unknown_fields_are_ignored(corp: Corp) -> None:
    assert corp.post("externalcontact/get_corp_tag_list", {"tomorrow": {"x": [1]}})["errcode"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"userid_list": "anna"},
        {"userid_list": [1]},
        {"userid_list": ["anna"], "limit": "50"},
        {"userid_list": ["anna"], "limit": True},
        {"userid_list": ["anna"], "cursor": 5},
        {"userid_list": ["anna"] * 101},
    ],
)
def test_wrong_types_and_sizes_are_40058(corp: Corp, body: dict[str, object]) -> None:
    assert corp.post("externalcontact/batch/get_by_user", body)["errcode"] == 40058


@pytest.mark.parametrize(
    "body", ["{", "[]", '"x"', '{"a": NaN}', r'{"a": "\ud800"}', "1" * 5000, "[" * 100_000, b"\xff\xfe{}"]
)
def test_broken_json_is_40058_with_the_warning(corp: Corp, body: str | bytes) -> None:
    path = f"/cgi-bin/externalcontact/get_corp_tag_list?access_token={corp.access_token()}"
    answer = corp.request("POST", path, body=body).json()
    assert answer["errcode"] == 40058
    assert "Warning: wrong json format." in answer["errmsg"]


def test_a_post_endpoint_that_is_called_with_get(corp: Corp) -> None:
    assert corp.get("externalcontact/get_corp_tag_list")["errcode"] == 40058


def test_a_get_endpoint_that_is_called_with_post(corp: Corp) -> None:
    assert corp.post("getcallbackip")["errcode"] == 43001


def test_a_body_that_is_too_large(corp: Corp) -> None:
    answer = corp.post("externalcontact/get_corp_tag_list", {"x": "x" * 2_100_000})
    assert answer["errcode"] == 40206


def test_an_unknown_endpoint_is_a_404(corp: Corp) -> None:
    assert corp.request("GET", "/cgi-bin/externalcontact/nothing").status == 404


def test_calls_are_counted_with_their_errors(corp: Corp) -> None:
    corp.get("externalcontact/list", userid="anna")
    corp.get("externalcontact/list", userid="nobody")
    corp.add("anna")
    corp.get("externalcontact/list", userid="anna")
    calls = corp.look("calls")
    assert calls["externalcontact/list"] == {"calls": 3, "errors": {"60111": 1, "84061": 1}}
    assert calls["gettoken"] == {"calls": 1, "errors": {}}


def test_drift_adds_fields_turns_integers_to_strings_and_drops_optional_ones(corp: Corp) -> None:
    ids = [corp.add("anna", name=f"客户{number}") for number in range(20)]
    corp.change(drift=True)
    answers = [corp.get("externalcontact/get", external_userid=ident) for ident in ids]
    assert all("new_field_of_2031" in answer for answer in answers)
    assert {answer["external_contact"]["external_userid"] for answer in answers} == set(ids)
    kinds = {type(answer["follow_user"][0]["createtime"]) for answer in answers}
    assert json.dumps(sorted(kind.__name__ for kind in kinds)) in ('["int"]', '["str"]', '["int", "str"]')
    assert corp.post("externalcontact/batch/get_by_user", userid_list=["anna"])["errcode"] == 0
