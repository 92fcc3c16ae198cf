"""Static files: ours, and the browser libraries as npm brings them."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Collects what browsers ask for, a third of what the packages hold."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("*.map", "*.esm.*", "*.mjs", "*.rtl.*", "*.d.ts", "libs"),
        *("*-flags*", "*-payments*", "*-socials*", "*-marketing*", "*-vendors*", "flags", "payments", "social"),
        *("echarts.js", "echarts.common*", "echarts.simple*", "htmx.js", "*.amd.*", "*.cjs.*", "ext", "extension"),
    ]


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, to be cached for ever. References to source maps stay untouched."""

    patterns = tuple(
        (files, tuple(rule for rule in rules if "sourceMappingURL" not in str(rule)))
        for files, rules in HashedFilesMixin.patterns
    )
