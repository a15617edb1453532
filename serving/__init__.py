"""The local web application over a run: its interface for programs, and its page."""
