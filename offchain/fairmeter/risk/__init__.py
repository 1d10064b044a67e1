"""Risk control of purchases: its parameters, and what follows from them, with no chain in it."""
