"""The shape of the registry's files, as models that editors' JSON Schemas are made from.

Belongs here: which keys a file may have and what each means. Does not belong here: reading files
(`registry_yaml.py`) or rules that span files (`registry.py`).

Validity dates are local calendar days, both included; a missing one means open.
"""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from extractors.records import Definition, Platform

_ID = r"[a-z0-9][a-z0-9_]{0,99}"
_ACCOUNT_ID = r"[a-z0-9][a-z0-9_.]{0,119}"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\'\";]|\.\.|^/|\s")


def _safe_name(name: str) -> str:
    if not name or len(name) > 255 or _UNSAFE.search(name):  # noqa: PLR2004 - a file name's limit
        raise ValueError("is no handle or id: it has a space, a quote, a path or is too long")
    return name


def _trimmed(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise ValueError("is empty or has blanks around it")
    return text


Id = Annotated[StrictStr, Field(pattern=f"^{_ID}$")]
AccountId = Annotated[StrictStr, Field(pattern=f"^{_ACCOUNT_ID}$")]
Name = Annotated[StrictStr, AfterValidator(_trimmed)]
Handle = Annotated[StrictStr, AfterValidator(_safe_name)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Dated(_Model):
    valid_from: date | None = Field(None, description="First local day it holds; open when absent.")
    valid_to: date | None = Field(None, description="Last local day it holds; open when absent.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        return self

    def valid_on(self, day: date) -> bool:
        """Return whether it holds on a local day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


class HandleValidity(_Dated):
    """A handle and the days it was the account's."""

    handle: Handle


class DeclaredBreak(_Model):
    """A day that no growth may span, with the reason."""

    date: date
    kind: Literal["definition_changed", "account_merged", "account_replaced", "other"]
    note: Name


class Account(_Dated):
    """One account on one platform.

    Give `platform_id` wherever the platform has one: handles change, ids do not.
    """

    platform: Platform
    id: AccountId | None = Field(None, description="Ours; `<organisation>.<platform>` when absent.")
    platform_id: Handle | None = Field(None, description="The platform's own, stable id.")
    handle: Handle | None = Field(None, description="The name people see, without @.")
    handles: tuple[HandleValidity, ...] = Field((), description="Instead of handle, if it changed.")
    definition: Definition = Definition.FOLLOWERS
    scope: Literal["national", "global"] = "national"
    main: StrictBool = Field(True, description="False for a second account of the organisation.")
    successor: AccountId | None = Field(None, description="The account that took this one's place.")
    breaks: tuple[DeclaredBreak, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.handle and self.handles:
            raise ValueError("has both handle and handles; keep handles")
        if not (self.platform_id or self.handle or self.handles):
            raise ValueError("needs a platform_id or a handle")
        for earlier, later in combinations(self.handles, 2):
            if overlap(earlier, later):
                words = f"handles {earlier.handle} and {later.handle} hold on the same days"
                raise ValueError(words)
        return self

    @property
    def named(self) -> tuple[HandleValidity, ...]:
        """The handles with their days."""
        return self.handles or ((HandleValidity(handle=self.handle),) if self.handle else ())


class Population(_Model):
    """The people an organisation serves, with year and source."""

    count: Annotated[int, Field(gt=0, strict=True)]
    year: Annotated[int, Field(ge=1900, le=2100, strict=True)]
    source: Name


class AttributeValue(_Dated):
    """A value of an attribute and the days it held."""

    value: Name


class Organisation(_Model):
    """A member of the industry: three lines are enough."""

    id: Id
    name: Name | None = Field(None, description="Absent only where another file gives it.")
    name_sv: Name | None = None
    country: Name | None = None
    county: Name | None = None
    website: Handle | None = None
    population: Population | None = None
    member_from: date | None = Field(None, description="First local day in this industry.")
    member_to: date | None = Field(None, description="Last local day in this industry.")
    attributes: dict[Id, Name | tuple[AttributeValue, ...]] = Field(default_factory=dict)
    accounts: tuple[Account, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.member_from and self.member_to and self.member_to < self.member_from:
            raise ValueError(f"member_to {self.member_to} lies before member_from")
        return self


class Industry(_Model):
    """One file in `industries/`: its organisations and their accounts."""

    id: Id
    name: Name
    name_sv: Name | None = None
    description: Name | None = None
    organisations: tuple[Organisation, ...]


class Waiver(_Model):
    """A known exception to one check of the gate, for one quarter. Printed in the release."""

    id: Id
    check: Id
    quarter: Annotated[StrictStr, Field(pattern=r"^[0-9]{4}-Q[1-4]$")]
    industry: Id | None = None
    platform: Platform | None = None
    account: AccountId | None = None
    reason: Name
    granted_by: Name
    valid_until: date | None = Field(None, description="Last local day the waiver counts.")


class Waivers(_Model):
    """The file `waivers.yaml`."""

    waivers: tuple[Waiver, ...]


def overlap(one: _Dated, other: _Dated) -> bool:
    """Return whether two validities share a day."""
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (
        other.valid_from or date.min
    ) <= (one.valid_to or date.max)


def schemas() -> dict[str, str]:
    """Return file name -> JSON Schema text, for editors and CI."""
    return {
        name: json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
        for name, model in (("industry.schema.json", Industry), ("waivers.schema.json", Waivers))
    }
