"""Validate an RO-Crate without network. Runs in the validator's own environment, .venv-crate.

    python validate_crate.py CRATE CACHE SEVERITY

CACHE is a folder of its own, where the context of RO-Crate 1.1 lies as if it had been fetched; it
is the one that `rocrate` ships in the validator's environment. SEVERITY is REQUIRED or RECOMMENDED.
Prints what is wrong, one line each, and ends with status 1 if anything is.
"""

import io
import json
import sys
from pathlib import Path

import requests
import rocrate
from requests_cache import CachedSession
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from urllib3 import HTTPResponse

PROFILE = "provenance-run-crate"
CONTEXT = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
CONTEXT_URL = "https://w3id.org/ro/crate/1.1/context"


def keep_context(cache: Path) -> None:
    """Put the context into the validator's cache, as if it had been fetched."""
    content = CONTEXT.read_bytes()
    if json.loads(content)["@id"] != CONTEXT_URL:
        raise ValueError(f"{CONTEXT} is not {CONTEXT_URL}")
    session = CachedSession(str(cache))
    request = requests.Request("GET", CONTEXT_URL).prepare()
    raw = HTTPResponse(
        io.BytesIO(content),
        headers={"Content-Type": "application/ld+json"},
        status=200,
        preload_content=False,
        request_url=CONTEXT_URL,
    )
    session.cache.save_response(requests.adapters.HTTPAdapter().build_response(request, raw))


def main(crate: Path, cache: Path, severity: str) -> int:
    keep_context(cache)
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier=PROFILE,
        requirement_severity=Severity[severity],
        offline=True,
        cache_path=cache,
    )
    result = validate(settings)
    for issue in result.get_issues():
        print(f"{issue.check.identifier}: {issue.message} [{issue.violatingEntity}]")
    return int(bool(result.get_issues()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
