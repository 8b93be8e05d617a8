"""What is measured: names and meanings in one place, and how a program makes them."""
