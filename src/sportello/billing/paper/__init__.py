"""The paper: what an invoice or credit note prints, and the PDF made of it and of nothing else."""
