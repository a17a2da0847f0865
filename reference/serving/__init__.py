"""The reference broker on a socket."""
