"""The desk answers patients' portals: the one room that speaks deskwire.

A request names a connection, never a patient: whose papers are meant is found in the practice's own tables, and what
the connection opens is asked anew for every request. `answers` holds one module per subject; the decorators of
`answering` say which kind of request a function answers.
"""
