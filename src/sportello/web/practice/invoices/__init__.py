"""Pages of invoices: the list, the editor, the paper, payments and credit notes."""
