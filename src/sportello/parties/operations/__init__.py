"""Writes about practices: their data, entities, numbering, accounts and people."""

from sportello.core.refusals import Refused
from sportello.parties.operations.accounts import add_account, close_account, prefer_account
from sportello.parties.operations.entities import create_entity, edit_entity, remove_logo, set_logo
from sportello.parties.operations.members import (
    disable_member,
    edit_member,
    enable_member,
    invite_again,
    invite_member,
)
from sportello.parties.operations.numbering import add_series, close_series, reopen_series, set_start_number
from sportello.parties.operations.practice import add_site, edit_practice, edit_site

__all__ = [
    "Refused",
    "add_account",
    "add_series",
    "add_site",
    "close_account",
    "close_series",
    "create_entity",
    "disable_member",
    "edit_entity",
    "edit_member",
    "edit_practice",
    "edit_site",
    "enable_member",
    "invite_again",
    "invite_member",
    "prefer_account",
    "remove_logo",
    "reopen_series",
    "set_logo",
    "set_start_number",
]
