"""Pure values and functions: no I/O, clock, randomness or thread."""
