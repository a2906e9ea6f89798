"""What people do with papers and money: each operation is one transaction that checks, changes, records and queues."""
