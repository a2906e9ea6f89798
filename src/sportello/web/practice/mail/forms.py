"""The form of a practice's mail server."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sportello.core.mail.operations import BadServer, ServerSettings
from sportello.core.mail.queries import ServerRow
from sportello.web.forms import PageForm

_OFF = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class ServerForm(PageForm):
    """Where and as whom the practice sends its mail."""

    host = forms.CharField(
        label=gettext_lazy("Server"),
        max_length=255,
        help_text=gettext_lazy("As the mail provider calls it, for example smtp.example.org."),
        widget=forms.TextInput(attrs=_OFF),
    )
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[
            ("starttls", gettext_lazy("STARTTLS (usually port 587)")),
            ("tls", gettext_lazy("TLS (usually port 465)")),
            ("none", gettext_lazy("None, for a server on this machine only")),
        ],
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, widget=forms.NumberInput())
    username = forms.CharField(
        label=gettext_lazy("User name"), required=False, max_length=254, widget=forms.TextInput(attrs=_OFF)
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    from_address = forms.EmailField(
        label=gettext_lazy("Sender's address"),
        help_text=gettext_lazy("The address that patients see. The server must let this user send from it."),
        widget=forms.EmailInput(attrs=_OFF),
    )
    from_name = forms.CharField(
        label=gettext_lazy("Sender's name"), required=False, max_length=120, widget=forms.TextInput(attrs=_OFF)
    )
    reply_to = forms.EmailField(
        label=gettext_lazy("Answers go to"),
        required=False,
        help_text=gettext_lazy("If it is another address than the sender's."),
        widget=forms.EmailInput(attrs=_OFF),
    )

    def __init__(self, *args: Any, has_password: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_password:
            self.fields["password"].help_text = _("A password is stored. Leave this empty to keep it.")

    def clean(self) -> dict[str, Any]:
        """Point out a port that usually goes with another encryption; it does not block."""
        data = self.cleaned_data
        security, port = data.get("security"), data.get("port")
        usual = {number: name for name, number in _PORTS.items()}.get(port or 0)
        if usual in {"tls", "starttls"} and security in {"tls", "starttls"} and usual != security:
            word = dict(self.fields["security"].choices)[usual]  # type: ignore[attr-defined]  # it is a ChoiceField
            self.warn("port", _("This port usually goes with %(choice)s.") % {"choice": word})
        return data

    def settings(self) -> ServerSettings:
        """Return what was typed; an empty password keeps the stored one."""
        data = self.cleaned_data
        return ServerSettings(
            host=data["host"],
            port=data["port"],
            security=data["security"],
            username=data["username"],
            from_address=data["from_address"],
            from_name=data["from_name"],
            reply_to=data["reply_to"],
            password=data["password"] or None,
        )

    def refuse(self, refusal: BadServer) -> None:
        """Put what the operation refused beside its field."""
        words = {
            "password_unprotected": _("A password must not travel unencrypted: choose STARTTLS or TLS."),
            "not_a_host": _("Enter only the server's name, without https:// and without a port."),
        }
        self.add_error(refusal.field, words.get(refusal.code, _("This cannot be right.")))


def server_initial(row: ServerRow | None, address: str, name: str) -> dict[str, Any]:
    """Return the stored server as the form's first values, or a beginning."""
    if row is None:
        return {"security": "starttls", "port": 587, "from_address": address, "from_name": name}
    names = ("host", "port", "security", "username", "from_address", "from_name", "reply_to")
    return {each: getattr(row, each) for each in names}
