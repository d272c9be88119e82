"""What the installed openai package says about the API: parameter types and model names, read on first use."""
