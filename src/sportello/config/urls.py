"""Where each audience's pages begin."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("sportello.web.public.urls")),
    path("accounts/", include("sportello.web.public.account_urls")),
    path("practice/", include("sportello.web.practice.urls")),
    path("api/", include("sportello.api.urls")),
    path("desk/", include("sportello.desk.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("_parts/", include("sportello.web.gallery.urls")))

handler400 = "sportello.web.errors.bad_request"
handler403 = "sportello.web.errors.forbidden"
handler404 = "sportello.web.errors.not_found"
handler500 = "sportello.web.errors.broken"
