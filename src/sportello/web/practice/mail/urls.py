"""Addresses of the room of mail."""

from __future__ import annotations

from django.urls import URLPattern, path

from sportello.web.practice.mail import server, views

urlpatterns: list[URLPattern] = [
    path("", views.mails, name="mails"),
    path("<row:mail_id>/", views.mail, name="mail"),
    path("<row:mail_id>/send-again/", views.send_again, name="mail_send_again"),
    path("<row:mail_id>/arrived/", views.arrived, name="mail_arrived"),
    path("<row:mail_id>/cancel/", views.cancel, name="mail_cancel"),
    path("server/", server.edit, name="mail_server"),
    path("server/test/", server.test, name="mail_server_test"),
    path("server/remove/", server.remove, name="mail_server_remove"),
]
