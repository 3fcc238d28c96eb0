"""The shape of the registry's files, as models that editors' JSON Schemas are made from.

Belongs here: which keys a file may have and what each means. Does not belong here: reading files
(`registry_yaml.py`) or rules that span files (`registry.py`).

Validity dates are local calendar days, both included; a missing one means open.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from extractors.records import Definition, Platform

_ID = r"[a-z0-9][a-z0-9_]{0,99}"
_ACCOUNT_ID = r"[a-z0-9][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*"
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_CHARACTERS = 255
"""The longest file name."""
_MOST_PEOPLE = 10**10


def canonical(name: str) -> str:
    """Return a handle or id as it is compared: `Å` is one letter however it was typed."""
    return unicodedata.normalize("NFC", name).casefold()


def _safe_name(name: str) -> str:
    # Letters and marks of any script, digits, and what the platforms' own names are made of. Paths,
    # quotes, blanks, control and direction marks are not: a name travels into addresses and files.
    if name.startswith("@"):
        raise ValueError("is no handle or id: leave out the @")
    odd = {c for c in name if unicodedata.category(c)[0] not in "LNM" and c not in "-._~@:+%·"}
    if "%" in name and not name.startswith("did:"):
        odd.add("%")
    if not name or odd or ".." in name or len(name) > _MOST_CHARACTERS:
        raise ValueError("is no handle or id: it has a blank, a quote, a path or is too long")
    return name


def _safe_address(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s\\'\"<>`;]{1,500}", address) or not address.isprintable():
        raise ValueError("is no address; write it as https://www.example.se")
    return address


def _trimmed(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise ValueError("is empty or has blanks around it")
    if any(unicodedata.category(c) == "Cc" and c != "\n" for c in text):
        raise ValueError("has a control character in it")
    return text


def _iso_day(value: object) -> object:
    # Left alone, 2025 would be read as so many seconds after 1970.
    if type(value) is date or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("is no day; write it as 2025-06-30")


ComparedMetric = Literal[
    "followers_end_count",
    "follower_change_count",
    "follower_growth_pct",
    "penetration_pct",
    "post_count",
    "interactions_count",
    "interactions_per_post",
    "interactions_per_1000_followers",
    "er_post_follower_pct",
    "er_period_follower_pct",
    "er_day_follower_pct",
    "influence_count",
    "share_of_voice_pct",
    "virality_per_1000_followers",
    "response_rate_pct",
    "answered_24h_pct",
    "response_median_minutes",
]
"""What a target can be set for: the metrics that dbt compares (`macros/metrics.sql`)."""
Id = Annotated[StrictStr, Field(pattern=f"^{_ID}$")]
AccountId = Annotated[StrictStr, Field(pattern=f"^{_ACCOUNT_ID}$", max_length=120)]
Name = Annotated[StrictStr, AfterValidator(_trimmed)]
Handle = Annotated[StrictStr, AfterValidator(_safe_name)]
Address = Annotated[StrictStr, AfterValidator(_safe_address)]
Day = Annotated[date, BeforeValidator(_iso_day)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Dated(_Model):
    valid_from: Day | None = Field(None, description="First local day it holds; open when absent.")
    valid_to: Day | None = Field(None, description="Last local day it holds; open when absent.")

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

    date: Day
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
        for handle in self.handles:
            if not overlap(handle, self):
                raise ValueError(f"handle {handle.handle} holds on none of the account's days")
        return self

    @property
    def named(self) -> tuple[HandleValidity, ...]:
        """The handles with their days."""
        return self.handles or ((HandleValidity(handle=self.handle),) if self.handle else ())


class Population(_Model):
    """The people an organisation serves, with year and source."""

    count: Annotated[int, Field(gt=0, le=_MOST_PEOPLE, strict=True)]
    year: Annotated[int, Field(ge=1900, le=2100, strict=True)]
    source: Name


class AttributeValue(_Dated):
    """A value of an attribute and the days it held."""

    value: Name


class Target(_Model):
    """What the organisation means to reach with its main account, and by when."""

    metric: ComparedMetric
    platform: Platform
    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    by: Day = Field(description="Last local day to reach it.")
    valid_from: Day | None = Field(None, description="Followed from this day's quarter on.")


class PeerGroup(_Dated):
    """Organisations of the industry that are compared with one another."""

    id: Id
    name: Name
    name_sv: Name | None = None
    organisations: Annotated[tuple[Id, ...], Field(min_length=2)]


class Organisation(_Model):
    """A member of the industry: three lines are enough."""

    id: Id
    name: Name | None = Field(None, description="Absent only where another file gives it.")
    name_sv: Name | None = None
    country: Name | None = None
    county: Name | None = None
    website: Address | None = None
    population: Population | None = None
    member_from: Day | None = Field(None, description="First local day in this industry.")
    member_to: Day | None = Field(None, description="Last local day in this industry.")
    attributes: dict[Id, Name | tuple[AttributeValue, ...]] = Field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    rollup: Literal["sum", "main"] = Field(
        "sum", description="Of several accounts on a platform: add them up, or count the main one."
    )
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.member_from and self.member_to and self.member_to < self.member_from:
            raise ValueError(f"member_to {self.member_to} lies before member_from")
        for name, values in self.attributes.items():
            for earlier, later in combinations(() if isinstance(values, str) else values, 2):
                if overlap(earlier, later):
                    words = f"{earlier.value} and {later.value} hold on the same days"
                    raise ValueError(f"attribute {name}: {words}")
        return self


class Industry(_Model):
    """One file in `industries/`: its organisations and their accounts."""

    id: Id
    name: Name
    name_sv: Name | None = None
    description: Name | None = None
    organisations: tuple[Organisation, ...]
    peer_groups: tuple[PeerGroup, ...] = ()


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
    valid_until: Day | None = Field(None, description="Last local day the waiver counts.")


class Waivers(_Model):
    """The file `waivers.yaml`."""

    waivers: tuple[Waiver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccount:
    """One account, with the organisation it belongs to. Validity dates are included local days."""

    account_id: str
    organisation_id: str
    platform: str
    platform_account_id: str | None
    handles: tuple[HandleValidity, ...]
    definition: Definition
    scope: str
    is_main: bool
    valid_from: date | None
    valid_to: date | None
    successor_account_id: str | None
    breaks: tuple[DeclaredBreak, ...]

    def handle_on(self, day: date) -> str | None:
        """Return the handle that was the account's on a local day."""
        return next((h.handle for h in self.handles if h.valid_on(day)), None)

    def valid_on(self, day: date) -> bool:
        """Return whether the account is measured on a local day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


def registry_account(organisation_id: str, account: Account) -> RegistryAccount:
    """Return an entry of a file with its organisation, and with what was left out filled in."""
    return RegistryAccount(
        account_id=account.id or f"{organisation_id}.{account.platform.value}",
        organisation_id=organisation_id,
        platform=account.platform.value,
        platform_account_id=account.platform_id,
        handles=account.named,
        definition=account.definition,
        scope=account.scope,
        is_main=account.main,
        valid_from=account.valid_from,
        valid_to=account.valid_to,
        successor_account_id=account.successor,
        breaks=account.breaks,
    )


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
