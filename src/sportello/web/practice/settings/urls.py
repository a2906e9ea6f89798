"""Addresses of the settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.settings import audit, catalogue, entities, law, members, portal, practice, terms

urlpatterns: list[URLPattern] = [
    path("", practice.settings, name="settings"),
    path("practice/", practice.practice, name="settings_practice"),
    path("sites/new/", practice.site_new, name="settings_site_new"),
    path("sites/<row:site_id>/", practice.site, name="settings_site"),
    path("entities/", entities.entities, name="settings_entities"),
    path("entities/new/", entities.new, name="settings_entity_new"),
    path("entities/<row:entity_id>/", entities.entity, name="settings_entity"),
    path("entities/<row:entity_id>/edit/", entities.edit, name="settings_entity_edit"),
    path("entities/<row:entity_id>/logo/", entities.logo, name="settings_logo"),
    path("entities/<row:entity_id>/logo/set/", entities.logo_set, name="settings_logo_set"),
    path("entities/<row:entity_id>/logo/remove/", entities.logo_remove, name="settings_logo_remove"),
    path("entities/<row:entity_id>/terms/new/", terms.terms_new, name="settings_terms_new"),
    path("terms/<row:terms_id>/withdraw/", terms.terms_withdraw, name="settings_terms_withdraw"),
    path("entities/<row:entity_id>/series/new/", terms.series_new, name="settings_series_new"),
    path("series/<row:series_id>/start/", terms.series_start, name="settings_series_start"),
    path("series/<row:series_id>/close/", terms.series_move, {"way": "close"}, name="settings_series_close"),
    path("series/<row:series_id>/reopen/", terms.series_move, {"way": "reopen"}, name="settings_series_reopen"),
    path("entities/<row:entity_id>/accounts/new/", terms.account_new, name="settings_account_new"),
    path("accounts/<row:account_id>/close/", terms.account_move, {"way": "close"}, name="settings_account_close"),
    path("accounts/<row:account_id>/prefer/", terms.account_move, {"way": "prefer"}, name="settings_account_prefer"),
    path("entities/<row:entity_id>/wordings/", law.wordings, name="settings_wordings"),
    path("entities/<row:entity_id>/wordings/new/", law.wording_new, name="settings_wording_new"),
    path("wordings/<row:wording_id>/withdraw/", law.wording_withdraw, name="settings_wording_withdraw"),
    path("law/", law.law, name="settings_law"),
    path("portal/", portal.portal, name="settings_portal"),
    path("audit/", audit.trail_page, name="settings_audit"),
    path("audit/csv/", audit.trail_csv, name="settings_audit_csv"),
    path("services/", catalogue.services, name="settings_services"),
    path("services/new/", catalogue.new, name="settings_service_new"),
    path("services/<row:service_id>/", catalogue.edit, name="settings_service"),
    path("services/<row:service_id>/retire/", catalogue.move, {"way": "retire"}, name="settings_service_retire"),
    path("services/<row:service_id>/restore/", catalogue.move, {"way": "restore"}, name="settings_service_restore"),
    path("people/", members.people, name="settings_members"),
    path("people/invite/", members.invite, name="settings_invite"),
    path("people/<row:membership_id>/", members.rights, name="settings_member"),
    path("people/<row:membership_id>/again/", members.again, name="settings_member_again"),
    path("people/<row:membership_id>/disable/", members.disable, name="settings_member_disable"),
    path("people/<row:membership_id>/enable/", members.enable, name="settings_member_enable"),
]
