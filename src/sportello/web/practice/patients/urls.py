"""Addresses of the patients' room."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.patients import lists, records, representatives

urlpatterns: list[URLPattern] = [
    path("", lists.patients, name="patients"),
    path("csv/", lists.patients_csv, name="patients_csv"),
    path("places/", lists.places, name="patient_places"),
    path("new/", records.new, name="patient_new"),
    path("check/<slug:name>/", records.check, name="patient_check"),
    path("<int:patient_id>/", records.patient, name="patient"),
    path("<int:patient_id>/edit/", records.edit, name="patient_edit"),
    path("<int:patient_id>/archive/", records.archive, name="patient_archive"),
    path("<int:patient_id>/restore/", records.restore, name="patient_restore"),
    path("<int:patient_id>/representatives/new/", representatives.add, name="representative_new"),
    path("representatives/<int:representative_id>/end/", representatives.end, name="representative_end"),
    path("representatives/<int:representative_id>/proof/", representatives.proof, name="representative_proof"),
    path("representatives/<int:representative_id>/proof/file/", representatives.proof_file, name="representative_file"),
]
