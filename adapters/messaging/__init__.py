"""Channels that reach people: SMTP and a mail folder."""
