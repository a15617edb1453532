"""The local web application over a run: its interface for programs, and its page."""

HOST, PORT = "127.0.0.1", 8000
"""Where a run is served unless told otherwise."""
