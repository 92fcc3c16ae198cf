from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, to be cached for ever.

    Libraries come as they are from npm; their style sheets name source maps that the packages leave out.
    """

    manifest_strict = False
