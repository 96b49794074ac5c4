"""The text of an e-mail."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path

import kdorch


def read_mail(file: Path) -> str:
    """Return the subject and the text of the first part that is plain text, or else of the first with text.

    Raises:
        DataError: If the file cannot be read, or has no header.
    """
    try:
        mail = message_from_bytes(file.read_bytes(), policy=policy.compat32)
    except OSError as error:
        raise kdorch.DataError(f"data: {file} cannot be read: {error.strerror}.") from error
    if not mail.keys():
        raise kdorch.DataError(f"data: {file} is no e-mail: it has no header.")
    return f"{mail.get('Subject', '')}\n{_text(mail)}"


def _text(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    plain = [part for part in parts if part.get_content_subtype() == "plain"]
    return next(map(_decoded, plain or parts), "")


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101  as a text has no parts of its own
    try:
        return content.decode(part.get_content_charset("latin-1"))
    except (LookupError, UnicodeDecodeError):  # a charset that is none, as spam likes to have
        return content.decode("latin-1")
