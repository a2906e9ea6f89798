"""The rooms of the settings: practice, entities, price list, people, law."""
