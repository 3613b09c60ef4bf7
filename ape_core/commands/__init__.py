"""What the commands of `ape` do; each module is imported only when its command is given."""
