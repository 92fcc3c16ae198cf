import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers import serialize

from wecom.models import Corp
from wecom.secrets import SecretUnreadable, seal, unseal

SECRETS = ("the-app-secret", "theCallbackToken", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA")


@pytest.fixture
def corp_with_secrets(db) -> Corp:
    secret, token, key = SECRETS
    return Corp.objects.create(corpid="ww1", agentid=1, secret=secret, callback_token=token, aes_key=key)


def test_secrets_come_back_through_their_properties(corp_with_secrets):
    stored = Corp.objects.get(pk=corp_with_secrets.pk)
    assert (stored.secret, stored.callback_token, stored.aes_key) == SECRETS


def test_neither_the_row_nor_a_dump_nor_a_repr_holds_a_secret(corp_with_secrets):
    row = Corp.objects.filter(pk=corp_with_secrets.pk).values().get()
    shown = f"{row} {serialize('json', [corp_with_secrets])} {corp_with_secrets!r} {corp_with_secrets}"
    assert not [secret for secret in SECRETS if secret in shown]


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    sealed = seal("kept")
    settings.ENCRYPTION_KEYS = [new, old]
    assert unseal(sealed) == "kept"
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(SecretUnreadable, match="does not open"):
        unseal(sealed)


@pytest.mark.parametrize("keys", [[], ["not a key"]])
def test_missing_or_broken_keys_say_how_to_make_one(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="generate_key"):
        seal("x")
