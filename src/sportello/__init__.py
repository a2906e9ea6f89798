"""Sportello: the desk where a health practice settles the paperwork that therapy leaves behind."""

__version__ = "0.1.0"
