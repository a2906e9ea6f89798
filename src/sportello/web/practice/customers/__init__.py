"""The rooms of customers: companies, professionals, public bodies and other payers."""
