"""Chinese is complete, and says the same things with the same placeholders."""

import re

from scrm import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def test_every_string_has_a_chinese_translation():
    stored = {(message.context, str(message.id)) for message in catalogue.stored() if message.id}
    missing = [
        message.id for message in catalogue.found() if message.id and (message.context, str(message.id)) not in stored
    ]
    assert not missing, "run `make messages` and translate what it lists"
    assert not catalogue.gaps(catalogue.stored())


def test_translations_keep_the_placeholders():
    for message in catalogue.stored():
        if not message.id:
            continue
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        for translation in translations:
            assert sorted(PLACEHOLDER.findall(translation)) == sorted(PLACEHOLDER.findall(source)), source


def test_the_catalogue_holds_nothing_that_is_gone():
    found = {(message.context, str(message.id)) for message in catalogue.found()}
    assert all((message.context, str(message.id)) in found for message in catalogue.stored() if message.id)
