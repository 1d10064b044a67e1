"""Bills that were not paid: who will pay, what a reminder is worth, and when to give up. Arrays in, arrays out."""
