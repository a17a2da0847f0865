"""What everything else runs on: a clock, and futures that coroutines wait for."""
