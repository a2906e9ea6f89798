"""Addresses of the invoices' room."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.invoices import editor, lists, money, notes, papers

urlpatterns: list[URLPattern] = [
    path("", lists.invoices, name="invoices"),
    path("csv/", lists.invoices_csv, name="invoices_csv"),
    path("for/", lists.invoice_for, name="invoice_for"),
    path("new/", editor.new, name="invoice_new"),
    path("totals/", editor.totals, name="invoice_totals"),
    path("lines/", editor.lines, name="invoice_lines"),
    path("<row:invoice_id>/", papers.invoice, name="invoice"),
    path("<row:invoice_id>/edit/", editor.edit, name="invoice_edit"),
    path("<row:invoice_id>/issue/", editor.issue, name="invoice_issue"),
    path("<row:invoice_id>/discard/", editor.discard, name="invoice_discard"),
    path("<row:invoice_id>/split/", editor.split, name="invoice_split"),
    path("<row:invoice_id>/pdf/", papers.invoice_pdf, name="invoice_pdf"),
    path("<row:invoice_id>/visibility/", papers.visibility, name="invoice_visibility"),
    path("<row:invoice_id>/payment/", money.payment, name="invoice_payment"),
    path("<row:invoice_id>/refund/", money.refund, name="invoice_refund"),
    path("payments/<row:payment_id>/void/", money.void, name="payment_void"),
    path("<row:invoice_id>/credit/", notes.credit_note, name="invoice_credit"),
    path("<row:invoice_id>/copy/", notes.copy, name="invoice_copy"),
]
