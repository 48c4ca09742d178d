"""The same requests to the embedded API server and to a real one, and what differs in answers."""
