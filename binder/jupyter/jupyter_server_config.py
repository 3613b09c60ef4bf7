"""Settings of the Jupyter server of Binder: a machine of 1 to 2 GB that one visitor has."""

from widgets.server.settings import configure_server

configure_server(get_config())  # noqa: F821 - Jupyter provides it
