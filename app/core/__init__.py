"""The process: settings, clock, database, unit of work, access, problems.

Knows no privacy word except Permission and PolicyPack.
"""
