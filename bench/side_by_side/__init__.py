"""Stoory and its peers side by side over HTTP: `make bench`. docs/performance.md says what is measured and how."""
