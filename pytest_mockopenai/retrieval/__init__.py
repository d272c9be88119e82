"""Searching what is in files: their text in chunks, ranked and filtered; and the vector stores that hold them."""
