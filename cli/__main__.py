"""`python -m cli` is `eip`."""

from cli.app import main

if __name__ == "__main__":
    main()
