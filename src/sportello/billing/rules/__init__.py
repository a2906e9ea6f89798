"""What is right about money on papers: pure functions on frozen values, without database, clock or settings."""
