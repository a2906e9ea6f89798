"""A ministry to test against: all services of Sistema TS 730 on loopback, with books, batches and failures on demand.

    from sistemats.simulator import Options, Simulator

    with Simulator(Options()) as simulator:
        ...  # simulator.base, simulator.directory.folder

`command` is the command line, `ministry` the services without sockets, `admin` the port that looks inside.
"""

from sistemats.simulator.faults import Fault, Rule, read_rules
from sistemats.simulator.settings import Settings
from sistemats.simulator.simulator import Options, Simulator

__all__ = ["Fault", "Options", "Rule", "Settings", "Simulator", "read_rules"]
