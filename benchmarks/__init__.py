"""Measured by hand, side by side, on the sandbox; nothing here asserts a time."""
