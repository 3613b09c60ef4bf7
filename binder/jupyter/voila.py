"""Settings of Voilà within the Jupyter server of Binder."""

from widgets.server.settings import configure_pages

configure_pages(get_config())  # noqa: F821 - Jupyter provides it
