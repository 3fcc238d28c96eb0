"""Whether anything that a user installs has a known hole, or a licence nobody agreed to.

Belongs here: the licences in order, and what pip-audit found, in words. An advisory service that
cannot be reached is said and forgiven: it must not stop work on a machine without a network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from publication.parts import Part, parts_of

LOCK = "requirements.lock"
IN_ORDER = {
    *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python"),
    *("ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Zlib"),
    *("3-Clause BSD License", "BSD 3-Clause", "BSD License", "ISC License (ISCL)", "MIT License"),
    *("Apache Software License", "Artistic License", "Python Software Foundation License"),
    "Mozilla Public License 2.0 (MPL 2.0)",
}
"""As SPDX and as packages' classifiers spell them; all let a user use, change and pass on ours."""
_UNREACHED = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|timed out|Max retries|ProxyError|SSLError"
    r"|Connection (?:refused|aborted|reset)|[45]\d\d (?:Client|Server) Error|ServiceError"
)


def is_in_order(licence: str | None) -> bool:
    """Return whether a stated licence is: one of its alternatives, or all that it joins."""
    if licence is None:
        return False
    names = [name.strip() for name in re.split(r" (?:AND|OR) ", licence)]
    # Brackets group alternatives; in a classifier they belong to the name.
    known = [name in IN_ORDER or name.strip("()") in IN_ORDER for name in names]
    return all(known) or (" AND " not in licence and any(known))


def out_of_order(parts: tuple[Part, ...]) -> list[str]:
    """Name the parts whose licence nobody agreed to."""
    return [
        f"{part.name} {part.version}: {part.licence or 'states no licence'}"
        for part in parts
        if not is_in_order(part.licence)
    ]


def known_holes(found: dict[str, Any]) -> list[str]:
    """Name the holes in pip-audit's answer."""
    return [
        f"{package['name']} {package['version']}: {hole['id']}"
        f" (mended in {', '.join(hole['fix_versions']) or 'no version yet'})"
        for package in found["dependencies"]
        for hole in package.get("vulns", ())
    ]


def look_up(lock: Path) -> tuple[list[str], str]:
    """Return the known holes of what is pinned, and a sentence on what could be looked up."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
            *("-r", str(lock), "--format", "json", "--progress-spinner", "off", "--timeout", "20"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(done.stdout)
    except ValueError:
        if _UNREACHED.search(done.stderr):
            return [], "The advisory service could not be reached: nothing was looked up."
        raise SystemExit(f"pip-audit failed:\n{done.stderr[-2000:]}") from None
    packages = found["dependencies"]
    unknown = sum("skip_reason" in package for package in packages)
    if unknown == len(packages):
        words = "The advisory service answered for none of them: nothing was looked up."
    elif unknown:
        words = f"{len(packages) - unknown} packages looked up, {unknown} unknown to the service."
    else:
        words = f"{len(packages)} packages looked up."
    return known_holes(found), words


def main() -> int:
    """Print what was found; 1 where something must be mended."""
    parts = parts_of()
    strange = out_of_order(parts)
    print(f"Licences of {len(parts)} packages: {len(strange) or 'none'} out of order.")
    holes, words = look_up(Path(LOCK))
    print(f"Known holes in {LOCK}: {len(holes) or 'none'}. {words}")
    for problem in (*strange, *holes):
        print(f"  {problem}")
    if holes:
        print("Raise the versions in pyproject.toml where needed, then run: make lock")
    if strange:
        print("Do without the package, or agree to its licence in .ci/audit.py.")
    return 1 if strange or holes else 0


if __name__ == "__main__":
    sys.exit(main())
