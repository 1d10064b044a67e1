"""The deployed contracts as Python: artifacts, typed clients, packed words, and the deployment."""
