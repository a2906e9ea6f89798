"""Keys and what they close: everything readable about a person is stored under them."""
