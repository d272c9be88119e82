"""Every endpoint that the installed openai package calls and no file in `endpoints/` claims, derived from its source.

Nothing is read before the first request that is not claimed, and then only the resource files that speak of its path.
The replies are made of the SDK's own response types, so they are valid; their contents are made up, and objects that
are created are kept.
"""
