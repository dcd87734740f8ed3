"""`manage.py services status|stop|remove`: the embedded PostgreSQL and Valkey."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from painplan import services


class Command(BaseCommand):
    help = "Show or stop the embedded services. They start by themselves when a command needs them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["status", "stop", "remove"])

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        for title, pid in services.running().items():
            if action == "stop" and pid is not None:
                services.kill(title)
                self.stdout.write(f"{title}: stopped")
            else:
                self.stdout.write(f"{title}: " + (f"runs as process {pid}" if pid else "does not run"))
        if action == "remove":
            for folder in services.remove():
                self.stdout.write(f"Removed {folder}")
