"""Addresses of the patients' room."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.patients import access, bulk, lists, records, representatives

urlpatterns: list[URLPattern] = [
    path("", lists.patients, name="patients"),
    path("csv/", lists.patients_csv, name="patients_csv"),
    path("places/", lists.places, name="patient_places"),
    path("connect/", bulk.connect_many, name="patients_connect"),
    path("invitations/<row:bulk_id>/", bulk.bulk_invitation, name="bulk_invitation"),
    path("new/", records.new, name="patient_new"),
    path("check/<slug:name>/", records.check, name="patient_check"),
    path("<row:patient_id>/", records.patient, name="patient"),
    path("<row:patient_id>/edit/", records.edit, name="patient_edit"),
    path("<row:patient_id>/archive/", records.archive, name="patient_archive"),
    path("<row:patient_id>/restore/", records.restore, name="patient_restore"),
    path("<row:patient_id>/connect/", access.connect, name="patient_connect"),
    path("<row:patient_id>/connect/<row:representative_id>/", access.connect, name="patient_connect_representative"),
    path("connections/<row:connection_id>/resend/", access.resend, name="connection_resend"),
    path("connections/<row:connection_id>/correct/", access.correct, name="connection_correct"),
    path("connections/<row:connection_id>/cancel/", access.cancel, name="connection_cancel"),
    path("connections/<row:connection_id>/bounced/", access.bounced, name="connection_bounced"),
    path("connections/<row:connection_id>/unlock/", access.unlock, name="connection_unlock"),
    path("connections/<row:connection_id>/suspend/", access.suspend, name="connection_suspend"),
    path("connections/<row:connection_id>/resume/", access.resume, name="connection_resume"),
    path("connections/<row:connection_id>/factor/", access.factor, name="connection_factor"),
    path("connections/<row:connection_id>/dismiss/", access.dismiss, name="connection_dismiss"),
    path("connections/<row:connection_id>/disconnect/", access.disconnect, name="connection_disconnect"),
    path("<row:patient_id>/representatives/new/", representatives.add, name="representative_new"),
    path("representatives/<row:representative_id>/end/", representatives.end, name="representative_end"),
    path("representatives/<row:representative_id>/proof/", representatives.proof, name="representative_proof"),
    path("representatives/<row:representative_id>/proof/file/", representatives.proof_file, name="representative_file"),
]
