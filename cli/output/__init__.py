"""How the command prints, and how it ends."""
