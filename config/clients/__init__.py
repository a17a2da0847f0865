"""What each client library takes, by version: keys, defaults, conflicts and its own words for refusals."""
