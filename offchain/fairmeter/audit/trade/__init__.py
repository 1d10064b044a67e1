"""The audit of a run at the trade desk: all of it followed again from its events, by plain rules."""
