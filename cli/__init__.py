"""The command line: what people ask of an installation, and tell it."""
