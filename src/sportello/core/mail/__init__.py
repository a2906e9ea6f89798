"""Mail: queued with a deed, sent by the worker, never lost and never sent twice by itself."""
