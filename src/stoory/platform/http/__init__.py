"""The wire over HTTP: bodies read strictly, one envelope for every error, the gate in front of every route."""
