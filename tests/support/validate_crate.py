"""Validate an RO-Crate without network. Runs in the validator's own environment, .venv-crate.

    python validate_crate.py CRATE CONTEXT CACHE

CONTEXT is the context that the `rocrate` package ships. That is RO-Crate 1.3's, in which workflows
have other names than in 1.1; here they have those of 1.1, whose profiles are asked for. CACHE is a
folder of its own, where the context lies as if it had been fetched.
Prints what is wrong, one line each, and ends with status 1 if anything is.
"""

import io
import json
import sys
from pathlib import Path

import requests
from requests_cache import CachedSession
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from urllib3 import HTTPResponse

PROFILE = "provenance-run-crate"
OF_1_1 = {
    name: f"https://bioschemas.org/{name}" for name in ("ComputationalWorkflow", "FormalParameter")
}
CONTEXT_URL = "https://w3id.org/ro/crate/1.1/context"


def keep(context: Path, cache: Path) -> None:
    """Put the context into the validator's cache, as if it had been fetched."""
    content = json.loads(context.read_text(encoding="utf-8"))
    content["@context"] |= OF_1_1
    session = CachedSession(str(cache))
    request = requests.Request("GET", CONTEXT_URL).prepare()
    raw = HTTPResponse(
        io.BytesIO(json.dumps(content).encode()),
        headers={"Content-Type": "application/ld+json"},
        status=200,
        preload_content=False,
        request_url=CONTEXT_URL,
    )
    session.cache.save_response(requests.adapters.HTTPAdapter().build_response(request, raw))


def main(crate: Path, context: Path, cache: Path) -> int:
    keep(context, cache)
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=PROFILE,
        requirement_severity=Severity.REQUIRED,
        offline=True,
        cache_path=cache,
    )
    result = validate(settings)
    for issue in result.get_issues():
        print(f"{issue.check.identifier}: {issue.message} [{issue.violatingEntity}]")
    return int(bool(result.get_issues()))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
