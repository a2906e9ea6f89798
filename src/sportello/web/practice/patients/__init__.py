"""The rooms of patients: list, record, form, representatives."""
