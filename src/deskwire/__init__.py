"""What a patients' portal and a practice's desk say to each other: typed messages, signed, short-lived, audience-bound.

`messages` says what can be asked and answered, `signing` closes and opens one message, `streams` carries a paper in
frames, `cards` is how two sides get to know each other. Nothing here opens a socket, reads a clock or knows Django.
"""
