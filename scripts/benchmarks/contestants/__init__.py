"""One module a contestant, run in a process of its own: work in, seconds and outcome out."""
