"""The papers of one connection: invoices, downloads, who has looked, what the practice knows."""
