import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from extractors import errors
from extractors.errors import ExtractionError, QuotaExhausted, RateLimited, Reach, redact

TOKEN = "EAAB/canary+token=1"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://graph.example/v26.0/1?fields=id&access_token={TOKEN}",
        f"GET https://graph.example/v26.0/1?x={quote(TOKEN, safe='')}",
        f"authorization: Basic {base64.b64encode(TOKEN.encode()).decode()}",
        f'{{"anything": "{TOKEN}"}}',
    ],
)
def test_a_secret_is_hidden_by_its_value_in_every_form(text):
    shown = redact(text, [TOKEN])
    for form in (TOKEN, quote(TOKEN, safe=""), base64.b64encode(TOKEN.encode()).decode()):
        assert form not in shown
    assert "[hidden]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/?access_token=abc123&limit=5",
        "https://x.example/?limit=5&key=abc123",
        "client_secret=abc123",
        "appsecret_proof: abc123",
        "Authorization: Bearer abc123xyz",
        'headers {"X-Goog-Api-Key": "abc123"}',
        "https://user:abc123@host.example/path",
    ],
)
def test_a_secret_nobody_named_is_hidden_by_its_pattern(text):
    assert "abc123" not in redact(text)


def test_ordinary_words_survive():
    text = "answered with HTTP 503 at host.example/v1?limit=5; monkey business"
    assert redact(text, ["", "abc"]) == text


def test_a_message_says_where_what_and_what_next():
    error = ExtractionError(
        "the session has expired",
        platform="facebook",
        account="sl.facebook",
        next_step="Renew FACEBOOK_TOKEN.",
    )
    assert str(error) == "facebook sl.facebook: the session has expired. Renew FACEBOOK_TOKEN."


def test_a_message_never_holds_the_secret_it_was_given():
    error = ExtractionError(f"refused {TOKEN}", next_step=f"Check {TOKEN}.", secrets=[TOKEN])
    assert TOKEN not in str(error) + repr(error) + "".join(map(str, error.args))


def test_a_used_up_quota_says_when_it_is_granted_again():
    error = QuotaExhausted("10,000 units are used", resets_at=datetime(2026, 11, 24, 8, tzinfo=UTC))
    assert str(error) == "10,000 units are used; it resets at 2026-11-24 08:00 UTC"


def test_every_failure_knows_whether_to_try_again_and_how_far_it_reaches():
    table = {
        name: (kind.is_retried, kind.reach)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ExtractionError)
    }
    assert table == {
        "ExtractionError": (False, Reach.ACCOUNT),
        "AuthError": (False, Reach.PLATFORM),
        "MissingCredentials": (False, Reach.PLATFORM),
        "PermissionDenied": (False, Reach.ACCOUNT),
        "AccountNotVisible": (False, Reach.ACCOUNT),
        "RequestRefused": (False, Reach.ACCOUNT),
        "RateLimited": (True, Reach.PLATFORM),
        "QuotaExhausted": (False, Reach.PLATFORM),
        "Transient": (True, Reach.ACCOUNT),
        "PlatformUnavailable": (False, Reach.PLATFORM),
        "SchemaDrift": (False, Reach.ACCOUNT),
        "UnsafeResponse": (False, Reach.ACCOUNT),
        "DayRefused": (False, Reach.PLATFORM),
        "NotStored": (False, Reach.PLATFORM),
    }


def test_a_pause_the_platform_asked_for_travels_with_the_error():
    assert RateLimited("slow down", retry_after=7.0).retry_after == 7.0
