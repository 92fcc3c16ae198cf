from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wecom import callback, clock, doctor
from wecom.models.corp import Corp, QuotaPolicy, default_api_base, is_loopback
from wecom.text import clean

OPTIONS = {"api_base_url": "api-base", "quota_policy": "quota-policy"}  # fields whose option has another name


class Command(BaseCommand):
    help = "Register a corp, or give a registered one new credentials. Nothing is saved if one of them is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpid", help="My Company → Company ID (企业ID)")
        parser.add_argument("--name", required=True)
        parser.add_argument("--agentid", required=True, type=int, help="App Management → the app → AgentId")
        parser.add_argument("--secret", required=True, help="App Management → the app → Secret")
        parser.add_argument("--token", required=True, help="the app → Receive Messages → Token")
        parser.add_argument("--aes-key", required=True, help="the app → Receive Messages → EncodingAESKey")
        parser.add_argument("--api-base", default=None, help="default: WECOM_API_BASE_URL")
        parser.add_argument("--quota-policy", choices=QuotaPolicy.values, default=QuotaPolicy.MONTH)
        parser.add_argument("--skip-check", action="store_true", help="save without asking WeCom")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_other_than_utf8(options)
        base = (options["api_base"] or default_api_base()).rstrip("/")
        corp = Corp.objects.filter(corpid=options["corpid"]).first() or Corp(corpid=options["corpid"])
        credentials = {
            "name": clean(options["name"])[:100],
            "agentid": options["agentid"],
            "secret": options["secret"],
            "callback_token": options["token"],
            "aes_key": options["aes_key"],
            "api_base_url": base,
            "quota_policy": options["quota_policy"],
        }
        trial = Corp(corpid=corp.corpid, **credentials)
        self._check(trial, skip=options["skip_check"])
        known = corp.pk is not None
        credentials["is_sandbox"] = is_loopback(base) and (options["skip_check"] or clock.ask(base) is not None)
        corp.set_credentials(**credentials)
        callback.forget()
        self.stdout.write(self.style.SUCCESS(f"{corp.corpid} {'has new credentials' if known else 'is registered'}."))
        self.stdout.write(
            f"Callback URL to enter in WeCom's console: https://YOUR-DOMAIN/wecom/callback/{corp.corpid}/"
        )

    def _check(self, trial: Corp, *, skip: bool) -> None:
        try:
            trial.clean_fields(exclude=["secret_sealed", "callback_token_sealed", "aes_key_sealed"])
        except ValidationError as problem:
            named = [
                f"{OPTIONS.get(field, field)}: {message}"
                for field, messages in problem.message_dict.items()
                for message in messages
            ]
            raise CommandError("Nothing was saved. " + "; ".join(named))
        findings = list(doctor.shapes(trial)) if skip else doctor.credentials(trial)
        wrong = doctor.failed(findings)
        if wrong:
            lines = [f"{finding.check}: {finding.detail}\n    {' '.join(finding.advice)}" for finding in wrong]
            raise CommandError("Nothing was saved.\n" + "\n".join(lines))


def refuse_other_than_utf8(options: dict[str, Any]) -> None:
    """A terminal may hand over any bytes; no credential has such."""
    for name, value in options.items():
        if isinstance(value, str) and clean(value) != value:
            raise CommandError(f"Nothing was saved. {name.replace('_', '-')}: this is not text in UTF-8.")
