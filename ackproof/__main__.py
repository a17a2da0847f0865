"""``python -m ackproof`` is the command line."""

from ackproof.cli import main

if __name__ == "__main__":
    main()
