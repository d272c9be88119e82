"""Shows the mock at work: a plain, a streamed and a rate-limited call, as a client sees them."""

from __future__ import annotations

import httpx

from pytest_mockopenai import MockOpenAI, rate_limit

HEADERS = {"authorization": "Bearer sk-demo"}
QUESTION: dict[str, object] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Capital of France?"}]}


def show(title: str, url: str, body: dict[str, object]) -> None:
    """Send one chat request and print the reply as it is on the wire."""
    print(f"\n--- {title}: POST {url}/chat/completions")
    reply = httpx.post(f"{url}/chat/completions", headers=HEADERS, json=body)
    print(f"HTTP {reply.status_code}")
    for name in ("x-request-id", "retry-after", "retry-after-ms", "x-ratelimit-remaining-requests"):
        if name in reply.headers:
            print(f"{name}: {reply.headers[name]}")
    print(reply.text.strip())


def main() -> None:
    """Run the three calls, then print what the mock recorded."""
    with MockOpenAI("Paris", "Paris, of course.", rate_limit(retry_after=20)) as mock:
        print(f"A mock of OpenAI's API is listening on {mock.base_url}")
        show("a plain call", mock.base_url, QUESTION)
        show(
            "a streamed call",
            mock.base_url,
            {**QUESTION, "stream": True, "stream_options": {"include_usage": True}},
        )
        show("a rate-limited call", mock.base_url, QUESTION)
        print("\n--- what the mock recorded")
        for call in mock.calls:
            print(f"{call.method} {call.path} {call.model} {call.status} {call.word}")
        print(f"tokens: {mock.usage.prompt_tokens} prompt + {mock.usage.completion_tokens} completion")


if __name__ == "__main__":
    main()
