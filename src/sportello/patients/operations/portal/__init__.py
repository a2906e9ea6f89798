"""Writes about access to the portal: what people of the practice do, what the desk does, what time does."""
