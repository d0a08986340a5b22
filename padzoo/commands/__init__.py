"""The commands of `padzoo` that train nothing; each function's docstring is its help."""
