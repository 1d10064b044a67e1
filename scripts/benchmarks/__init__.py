"""Fairmeter beside its peers, measured in one command: scripts/bench."""
