"""The patients' window: accounts, connections and sessions, and nothing about anybody's care or money.

Every page asks the practice's server over `deskwire`; no module of `sportello` is imported here.
"""

__version__ = "0.1.0"
