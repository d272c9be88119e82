"""Runs as it is with a mock in its own process; or through a gateway, with the options that the pages show."""

from openai import OpenAI

from pytest_mockopenai import server_error, tool_call


def ask(question, **options):  # your application: it knows neither mock nor gateway
    messages = [{"role": "user", "content": question}]
    with OpenAI() as client:
        return client.chat.completions.create(model="gpt-4o", messages=messages, **options).choices[0].message


def test_answer(mock_openai):
    mock_openai.reply("Paris")
    assert ask("Capital of France?").content == "Paris"
    assert mock_openai.usage.total_tokens == 12


def test_retry(mock_openai):
    mock_openai.reply(server_error(), "Paris")
    assert ask("Capital of France?").content == "Paris"
    assert [call.status for call in mock_openai.calls] == [500, 200]


def test_tool(mock_openai):
    mock_openai.when(contains="weather").reply(tool_call("get_weather", city="Paris"))
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": schema}}
    (call,) = ask("What is the weather?", tools=[tool]).tool_calls
    assert call.function.arguments == '{"city":"Paris"}'
