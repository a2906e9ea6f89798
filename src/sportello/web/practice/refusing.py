"""From what an operation refuses to what stands beside the fields of a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from sportello.core.violations import Notice, RuleViolation
from sportello.web.forms import PageForm
from sportello.web.sentences import sentence

NO_NAMES: Mapping[str, str] = {}


def put_errors(form: forms.Form, refusal: RuleViolation, names: Mapping[str, str] = NO_NAMES) -> None:
    """
    Put every reason beside its field, or on top of the form when it has no such field.

    :param names: fields of the values that the form calls otherwise
    """
    for each in getattr(refusal, "refusals", ()) or (refusal,):
        name = names.get(each.field, each.field)
        form.add_error(name if name in form.fields else None, sentence(each))


def put_warnings(form: PageForm, notices: Iterable[Notice], names: Mapping[str, str] = NO_NAMES) -> None:
    """Put every notice beside its field; one without a field is left out."""
    for each in notices:
        name = names.get(each.field, each.field)
        if name in form.fields and name not in form.errors:
            form.warn(name, sentence(each))
