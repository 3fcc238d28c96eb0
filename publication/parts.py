"""What a release was made with: every installed package that the project needs, and its licence.

Belongs here: following the requirements of the installed project, and writing them down as a
CycloneDX list. Does not belong here: whether a package is known to be unsafe (`make audit`).

The list says nothing of the moment or the machine, so that the same packages give the same bytes.
"""

from __future__ import annotations

import json
import platform
import uuid
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from publication.errors import ReleaseRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PARTS_NAME = "sbom.cdx.json"
PROJECT = "effektanalys"
SPECIFICATION = "1.6"
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST_NAME = 60
"""Some packages put the whole text of a licence where its name belongs."""


@dataclass(frozen=True, slots=True)
class Part:
    """An installed package.

    Attributes:
        name: As package indexes spell it, e.g. `great-tables`.
        version: Installed version.
        licence: SPDX expression or name as the package states it, None where it states none.
        needs: Names of the packages that it needs here, those of the extras asked for included.
    """

    name: str
    version: str
    licence: str | None
    needs: tuple[str, ...]


@lru_cache
def parts_of(project: str = PROJECT) -> tuple[Part, ...]:
    """Return the installed packages that `project` needs, itself left out, by name.

    Raises:
        ReleaseRefused: when the project, or something it needs, is not installed.
    """
    itself = canonicalize_name(project)
    extras: dict[str, frozenset[str]] = {itself: frozenset()}
    waiting: list[str] = [itself]
    needs: dict[str, tuple[str, ...]] = {}
    while waiting:
        name = waiting.pop()
        found = list(_needed(_installed(name), extras[name]))
        needs[name] = tuple(sorted({needed for needed, _ in found}))
        for needed, wanted in found:
            known = extras.get(needed)
            if known is None or wanted - known:
                extras[needed] = (known or frozenset()) | wanted
                waiting.append(needed)
    named = sorted(set(needs) - {itself})
    return tuple(
        Part(name, _installed(name).version, licence_of(_installed(name)), needs[name])
        for name in named
    )


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise ReleaseRefused(
            f"The package {name} is needed and not installed, so its version cannot be stated.",
            where="this environment",
            next_command="effektanalys doctor",
        ) from None


def _needed(package: Distribution, extras: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what a package needs on this machine, each with the extras asked of it."""
    contexts = [{"extra": extra} for extra in ("", *sorted(extras))]
    for line in package.requires or ():
        needed = Requirement(line)
        if needed.marker is None or any(map(needed.marker.evaluate, contexts)):
            yield canonicalize_name(needed.name), frozenset(needed.extras)


def licence_of(package: Distribution) -> str | None:
    """Return the licence that a package states: SPDX, else its classifiers, else a short name."""
    stated = package.metadata
    if "License-Expression" in stated:
        return stated["License-Expression"]
    kinds = [c for c in stated.get_all("Classifier") or () if c.startswith(_CLASSIFIER)]
    if kinds:
        return " OR ".join(kind.removeprefix(_CLASSIFIER) for kind in kinds)
    name = stated["License"].strip() if "License" in stated else ""
    return name if 0 < len(name) <= _LONGEST_NAME and "\n" not in name else None


def bill_of_materials(parts: Iterable[Part], *, direct: Iterable[str], version: str) -> str:
    """Return the parts as a CycloneDX document in JSON.

    Args:
        parts: From `parts_of`.
        direct: Names of those that the project itself asks for.
        version: Version of the project's own code.
    """
    listed = list(parts)
    references = {part.name: f"pkg:pypi/{part.name}@{part.version}" for part in listed}
    project = f"pkg:pypi/{PROJECT}@{version.replace('+', '%2B')}"
    python = {"type": "platform", "bom-ref": "python", "name": platform.python_implementation()}
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": project,
                "name": PROJECT,
                "version": version,
                "purl": project,
                "licenses": [{"expression": "MIT"}],
            }
        },
        "components": [
            {**python, "version": platform.python_version()},
            *(_component(part, references[part.name]) for part in listed),
        ],
        "dependencies": [
            _edges(project, direct, references),
            *(_edges(references[part.name], part.needs, references) for part in listed),
        ],
    }
    name = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    return json.dumps({"serialNumber": f"urn:uuid:{name}", **content}, indent=1) + "\n"


def _edges(reference: str, needs: Iterable[str], references: Mapping[str, str]) -> dict[str, Any]:
    return {"ref": reference, "dependsOn": sorted(references[name] for name in set(needs))}


def _component(part: Part, reference: str) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": part.name,
        "version": part.version,
        "purl": reference,
    }
    if part.licence:
        component["licenses"] = [_licence(part.licence)]
    return component


def _licence(stated: str) -> dict[str, Any]:
    try:
        return {"expression": canonicalize_license_expression(stated)}
    except InvalidLicenseExpression:
        return {"license": {"name": stated}}


def list_of_parts(version: str) -> str:
    """Return the bill of materials of this installation; see `bill_of_materials`."""
    direct = {name for name, _ in _needed(_installed(PROJECT), ())}
    return bill_of_materials(parts_of(), direct=direct, version=version)
