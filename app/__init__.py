"""Sitthi: the privacy-rights service that a Thai savings cooperative runs beside its core banking system.

How the house is built, from the ground up (each layer imports only those before it):
domain        the law as values and pure functions; the standard library only
core          the process: settings, clock, database, unit of work, access, problems, tokens, sealing
policies      policy packs (YAML) and their loader
models        tables
repositories  every query
services      one function per use case; a service is the only caller of repositories
schemas       request and response bodies
routers, workers, migrations   who asks for a unit of work, by naming a permission
main, cli     the composition root and the command line
"""

__version__ = "0.1.0"
