"""Stand-ins for services that others run, so that a home needs no keys and tests need no network."""
