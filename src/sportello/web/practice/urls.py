"""Addresses of the practice's pages. Each room brings its own list; nothing here carries personal data in a path."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from sportello.web.practice import home, search
from sportello.web.practice.customers.urls import urlpatterns as customers
from sportello.web.practice.invoices.urls import urlpatterns as invoices
from sportello.web.practice.jobs.urls import urlpatterns as jobs
from sportello.web.practice.mail.urls import urlpatterns as mail
from sportello.web.practice.patients.urls import urlpatterns as patients
from sportello.web.practice.registers.urls import urlpatterns as registers
from sportello.web.practice.sessions.urls import urlpatterns as sessions
from sportello.web.practice.settings.urls import urlpatterns as settings
from sportello.web.practice.sts.urls import urlpatterns as sts

app_name = "practice"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("patients/customers/", include(customers)),
    path("patients/", include(patients)),
    path("invoices/", include(invoices)),
    path("settings/", include(settings)),
    path("sessions/", include(sessions)),
    path("registers/", include(registers)),
    path("sts/", include(sts)),
    path("settings/mail/", include(mail)),
    path("settings/queue/", include(jobs)),
]
