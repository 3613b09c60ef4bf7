"""The dashboard as a web page: Voilà, configured."""

from widgets.server.launch import serve

__all__ = ["serve"]
