import asyncio
import logging
from datetime import UTC, datetime

import httpx
import pytest

from extractors.errors import (
    AuthError,
    ExtractionError,
    PlatformUnavailable,
    RateLimited,
    SchemaDrift,
    Transient,
    UnsafeResponse,
)
from extractors.http import (
    FAILURES_IN_A_ROW,
    Form,
    HttpClient,
    HttpLimits,
    retry_after_seconds,
)
from tests.support.sandboxed import NOW, FakeTime

BASE = "https://api.example.com/v1"
TOKEN = "canary-0123456789"


def client(answer, time=None, *, limits=None, **given):
    """A client whose requests end in `answer(request)` instead of the network."""
    made = HttpClient(
        platform="example",
        base_url=BASE,
        limits=limits or HttpLimits(),
        headers={"Authorization": f"Bearer {TOKEN}"},
        secrets=(TOKEN,),
        timing=(time or FakeTime()).timing(),
        **given,
    )

    async def streamed(request):
        given = answer(request)
        response = await given if asyncio.iscoroutine(given) else given

        async def body():
            yield response.content

        kept = {k: v for k, v in response.headers.items() if k != "content-length"}
        return httpx.Response(response.status_code, headers=kept, content=body())

    made._client._transport = httpx.MockTransport(streamed)
    made._client._mounts = {}
    made._base._is_checked = True
    return made


def ask(made, path="thing", times=1, **given):
    async def go():
        async with made:
            return [await made.get(path, **given) for _ in range(times)][-1]

    return asyncio.run(go())


def answers(*responses):
    """One response after the other, the last for ever; also a list of the requests."""
    seen = []

    def answer(request):
        seen.append(request)
        made = responses[min(len(seen), len(responses)) - 1]
        return httpx.Response(made[0], json=made[1], headers=made[2] if len(made) > 2 else None)

    return answer, seen


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 09:30:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 09:29:00 GMT", 0.0),
        ("Thu, 31 Dec 2099 23:59:59 GMT", 120.0),
        ("99999999999999999999", 120.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_and_clamped(header, seconds):
    assert retry_after_seconds(header, now=NOW, longest=120.0) == seconds


def test_three_bad_answers_and_a_good_one_are_one_answer():
    answer, seen = answers((503, {}), (500, {}), (502, {}), (200, {"n": 1}))
    time = FakeTime()
    made = client(answer, time)
    assert ask(made).payload == {"n": 1}
    assert len(seen) == 4
    assert time.pauses == [0.5, 1.0, 2.0]
    assert (made.traffic.requests, made.traffic.retries, made.traffic.waited_seconds) == (4, 3, 3.5)


def test_a_failure_that_stays_is_given_up_with_the_number_of_tries():
    answer, seen = answers((503, {}))
    with pytest.raises(Transient, match=r"example: answered with HTTP 503 \(tried 5 times in"):
        ask(client(answer))
    assert len(seen) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_repeated(status):
    answer, seen = answers((status, {}))
    with pytest.raises(ExtractionError):
        ask(client(answer))
    assert len(seen) == 1


def test_a_pause_that_outlasts_the_deadline_is_not_begun():
    answer, seen = answers((429, {}, {"Retry-After": "100"}))
    time = FakeTime()
    with pytest.raises(RateLimited):
        ask(client(answer, time, limits=HttpLimits(total_deadline=250.0)))
    assert time.pauses == [100.0, 100.0]
    assert len(seen) == 3


def test_a_body_goes_out_as_json_and_a_form_as_a_form():
    answer, seen = answers((200, {}))
    made = client(answer)

    async def go():
        async with made:
            await made.request("POST", "query", body={"max_count": 5})
            await made.request("POST", "token", body=Form(client_key="k", grant_type="g"))

    asyncio.run(go())
    assert [request.content for request in seen] == [
        b'{"max_count":5}',
        b"client_key=k&grant_type=g",
    ]


def test_a_throttled_call_holds_everybody_back():
    time, starts = FakeTime(), []

    def answer(request):
        starts.append(time.seconds)
        if len(starts) == 1:
            return httpx.Response(429, json={}, headers={"Retry-After": "30"})
        return httpx.Response(200, json={})

    made = client(answer, time, limits=HttpLimits(concurrency=1))

    async def go():
        async with made:
            await asyncio.gather(made.get("a"), made.get("b"))

    asyncio.run(go())
    assert starts[0] == 0
    assert all(start >= 30 for start in starts[1:])


def test_no_window_holds_more_requests_than_the_limit():
    time, starts = FakeTime(), []

    def answer(request):
        starts.append(time.seconds)
        return httpx.Response(200, json={})

    ask(client(answer, time, limits=HttpLimits(rate=5, period=10.0)), times=12)
    assert starts == [0.0] * 5 + [10.0] * 5 + [20.0] * 2


def test_requests_in_flight_stay_within_the_concurrency():
    running, most = 0, 0

    async def answer(request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200, json={})

    made = client(answer, limits=HttpLimits(concurrency=3))

    async def go():
        async with made:
            await asyncio.gather(*(made.get("thing") for _ in range(20)))

    asyncio.run(go())
    assert most == 3


def test_a_platform_that_only_fails_is_left_alone():
    answer, _ = answers((503, {}))
    made = client(answer)

    async def go():
        async with made:
            for number in range(FAILURES_IN_A_ROW):
                kind = Transient if number < FAILURES_IN_A_ROW - 1 else PlatformUnavailable
                with pytest.raises(kind):
                    await made.get("thing")

    asyncio.run(go())


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/thing",
        "http://api.example.com/v1/thing",
        "https://api.example.com:8443/v1/thing",
        "https://api.example.com@evil.example/v1/thing",
        "https://user:pw@api.example.com/v1/thing",
        "https://api.example.com/v2/thing",
        "https://api.example.com/v1/../v2/thing",
        "https://api.example.com/v1/%2e%2e/v2",
        "https://api.example.com/v1/%252e%252e/v2",
        "https://api.example.com/v1\\@evil.example/",
        "https://127.0.0.1/v1/thing",
        "https://api.example.com.evil.example/v1/thing",
        "../v2/thing",
        "https://[::1/v1",
    ],
)
def test_an_address_outside_the_base_is_never_requested(address):
    answer, seen = answers((200, {}))
    with pytest.raises(UnsafeResponse, match="not requested") as caught:
        ask(client(answer), address)
    assert seen == []
    assert TOKEN not in str(caught.value)


def test_the_next_page_below_the_base_is_requested_as_it_was_given():
    answer, seen = answers((200, {}))
    ask(client(answer), f"{BASE}/posts?after=QVFI%3D&limit=2")
    assert str(seen[0].url) == f"{BASE}/posts?after=QVFI%3D&limit=2"


@pytest.mark.parametrize(
    "base",
    [
        "http://api.example.com",
        "https://localhost/x",
        "https://127.0.0.1",
        "https://10.1.2.3",
        "https://169.254.169.254/latest",
        "https://[::1]",
        "https://db.internal",
        "https://user:pw@api.example.com",
        "ftp://api.example.com",
        "https://",
    ],
)
def test_a_base_that_is_not_public_https_is_refused_unless_it_is_the_sandbox(base):
    with pytest.raises(UnsafeResponse, match="public host"):
        HttpClient(platform="example", base_url=base)


def test_a_public_name_that_resolves_to_a_private_host_is_not_asked(monkeypatch):
    answer, seen = answers((200, {}))
    made = client(answer)
    made._base._is_checked = False
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def go():
        async def private(*_):
            return [(2, 1, 6, "", ("10.0.0.7", 443))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", private)
        async with made:
            await made.get("thing")

    with pytest.raises(UnsafeResponse, match="private address"):
        asyncio.run(go())
    assert seen == []


def test_a_redirect_is_not_followed_and_its_target_not_shown():
    answer, seen = answers((302, {}, {"Location": f"https://evil.example/?token={TOKEN}"}))
    with pytest.raises(UnsafeResponse, match="redirect, which is not followed") as caught:
        ask(client(answer))
    assert len(seen) == 1
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b'{"n": NaN}', SchemaDrift, "NaN"),
        (b'{"n": -Infinity}', SchemaDrift, "Infinity"),
        (b'{"n": 1e400}', SchemaDrift, "too large"),
        (b'{"n": 1, "n": 2}', SchemaDrift, "'n' twice"),
        (b'{"n": ' + b"9" * 5000 + b"}", SchemaDrift, "5000 digits"),
        (b"[" * 1_000_000 + b"]" * 1_000_000, SchemaDrift, "nested deeper"),
        (b'{"profiles": [{"did": "did:pl', Transient, "broke off"),
        (b"", Transient, "empty answer"),
        (b"\xff\xfe{}", Transient, "broke off"),
    ],
)
def test_json_that_must_not_be_trusted_is_an_error(body, kind, words):
    made = client(
        lambda _: httpx.Response(200, content=body, headers={"Content-Type": "application/json"})
    )
    with pytest.raises(kind, match=words):
        ask(made)


def test_brackets_inside_strings_are_not_nesting():
    text = "[{" * 200 + '\\"'
    made = client(lambda _: httpx.Response(200, json={"text": text, "more": [[1]] * 100}))
    assert ask(made).payload["text"] == text


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain", None])
def test_anything_but_json_with_200_is_an_error_that_names_it(kind):
    headers = {"Content-Type": kind} if kind else {}
    made = client(lambda _: httpx.Response(200, content=b"<html>", headers=headers))
    words = "no content type" if kind is None else kind.split(";")[0]
    with pytest.raises(UnsafeResponse, match=f"answered with {words} instead of JSON"):
        ask(made)


def test_an_error_page_in_html_is_read_by_its_status():
    made = client(lambda _: httpx.Response(502, html="<h1>Bad gateway</h1>"))
    with pytest.raises(Transient, match="HTTP 502"):
        ask(made)


def test_a_body_beyond_the_cap_is_cut_off():
    made = client(
        lambda _: httpx.Response(200, json={"text": "x" * 2_000_001}),
        limits=HttpLimits(max_bytes=2_000_000),
    )
    with pytest.raises(UnsafeResponse, match="more than 2 MB"):
        ask(made)


def test_the_platforms_own_code_is_read_before_the_status():
    answer, _ = answers((400, {"error": {"code": 190}}))

    def classify(got):
        return AuthError("the session has expired") if got.payload["error"]["code"] == 190 else None

    with pytest.raises(AuthError, match="expired"):
        ask(client(answer, classify=classify))


def test_a_header_that_says_nothing_is_left_holds_the_next_call():
    time, starts = FakeTime(), []

    def answer(request):
        starts.append(time.seconds)
        return httpx.Response(200, json={}, headers={"left": "0"})

    ask(client(answer, time, pause_after=lambda got: 45.0), times=2)
    assert starts == [0.0, 45.0]


def test_no_message_log_line_or_cause_holds_the_token(caplog):
    caplog.set_level(logging.DEBUG)

    def leak(request):
        raise httpx.ConnectError(f"cannot reach {request.url} with {TOKEN}")

    made = client(leak)
    with pytest.raises(Transient) as caught:
        ask(made, params={"access_token": TOKEN})
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert TOKEN not in str(error) + caplog.text

    made = client(
        lambda _: httpx.Response(400, json={}), classify=lambda _: AuthError(f"bad token {TOKEN}")
    )
    with pytest.raises(AuthError) as caught:
        ask(made)
    assert TOKEN not in str(caught.value) + caplog.text


def test_the_http_libraries_log_no_addresses():
    assert logging.getLogger("httpx").level == logging.WARNING
    assert logging.getLogger("httpcore").level == logging.WARNING


def test_retry_after_counts_from_an_aware_now():
    at = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert retry_after_seconds("Mon, 23 Nov 2026 10:30:09 GMT", now=at, longest=60) == 9.0
