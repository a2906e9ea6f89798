"""Addresses of Sistema TS."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.sts import (
    accounts,
    certificates,
    document,
    documents,
    environment,
    mapping,
    months,
    opposition,
    remarks,
    sending,
    sendings,
    year,
)

_ACCOUNT = "accounts/<row:entity_id>/"
urlpatterns: list[URLPattern] = [
    path("", documents.documents, name="sts"),
    path("csv/", documents.documents_csv, name="sts_csv"),
    path("send/", sending.send, name="sts_send"),
    path("opposition/", opposition.opposition, name="sts_oppose"),
    path("documents/<row:invoice_id>/", document.document, name="sts_document"),
    path("documents/<row:invoice_id>/<slug:way>/", document.deed, name="sts_deed"),
    path("sendings/", sendings.sendings, name="sts_sendings"),
    path("sendings/csv/", sendings.sendings_csv, name="sts_sendings_csv"),
    path("sendings/<row:sending_id>/", sendings.sending, name="sts_sending"),
    path("sendings/<row:sending_id>/ask/", sendings.ask, name="sts_sending_ask"),
    path("sendings/<row:sending_id>/receipts/", sendings.receipts, name="sts_receipts"),
    path("months/", months.months, name="sts_months"),
    path("months/ask/<row:entity_id>/", months.ask, name="sts_ask_report"),
    path("months/<row:report_id>/", months.month, name="sts_month"),
    path("months/<row:report_id>/<row:difference_id>/", months.settle, name="sts_settle"),
    path("remarks/", remarks.remark_list, name="sts_remarks"),
    path("remarks/ask/<row:entity_id>/", remarks.remarks_ask, name="sts_remarks_ask"),
    path("remarks/<row:remark_id>/", remarks.remark, name="sts_remark"),
    path("year/", year.year, name="sts_year"),
    path("year/deadlines.ics", year.deadlines_file, name="sts_year_file"),
    path("mapping/", mapping.mapping, name="sts_mapping"),
    path("mapping/<row:entity_id>/", mapping.mapping_of, name="sts_mapping_of"),
    path("accounts/", accounts.account_list, name="sts_accounts"),
    path(_ACCOUNT, accounts.account_page, name="sts_account"),
    path(f"{_ACCOUNT}identity/", accounts.identity, name="sts_identity"),
    path(f"{_ACCOUNT}activation/", accounts.activation, name="sts_activation"),
    path(f"{_ACCOUNT}deactivation/", accounts.deactivation, name="sts_deactivation"),
    path(f"{_ACCOUNT}automatic/", accounts.automatic, name="sts_automatic"),
    path(f"{_ACCOUNT}stop/", accounts.sending, {"way": "stop"}, name="sts_stop"),
    path(f"{_ACCOUNT}resume/", accounts.sending, {"way": "resume"}, name="sts_resume"),
    path(f"{_ACCOUNT}test/", accounts.test, name="sts_test"),
    path(f"{_ACCOUNT}environment/", environment.environment, name="sts_environment"),
    path(f"{_ACCOUNT}certificates/load/", certificates.load, name="sts_certificate_load"),
    path(f"{_ACCOUNT}certificates/<row:certificate_id>/remove/", certificates.remove, name="sts_certificate_remove"),
]
