"""Addresses below `c/<uuid:connection>/`. A paper's id is opaque; periods and years tell nothing of anybody."""

from __future__ import annotations

from django.urls import URLPattern, path

from portal.web.papers import invoices, records

app_name = "papers"
urlpatterns: list[URLPattern] = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/chosen/", invoices.chosen, name="chosen"),
    path("invoices/<uuid:paper>/", invoices.paper, name="paper"),
    path("statement/<int:year>/", invoices.statement, name="statement"),
    path("accesses/", records.accesses, name="accesses"),
    path("record/", records.record, name="record"),
    path("record/file/", records.record_file, name="record-file"),
]
