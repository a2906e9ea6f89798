"""The Sistema TS "spese sanitarie 730" services: documents, envelopes, client, command line, simulator."""

__version__ = "0.1.0"
