"""Every part on a page of its own, with invented data: to look at, and for the browser tests. Only with DEBUG."""
