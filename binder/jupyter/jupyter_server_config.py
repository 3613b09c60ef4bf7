"""Settings of the Jupyter server of Binder: a machine of 1 to 2 GB that one visitor has."""

c = get_config()  # noqa: F821 - Jupyter provides it

# A page that was closed or reloaded leaves a kernel behind; runs do not need it.
c.MappingKernelManager.cull_idle_timeout = 90
c.MappingKernelManager.cull_interval = 15
# Otherwise the server keeps, without bound, what a kernel says while its page is away.
c.MappingKernelManager.buffer_offline_messages = False
