"""The mock as a program: command line, admin API, stubs file, log, metrics, load generator."""
