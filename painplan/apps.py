from django.apps import AppConfig


class PainplanConfig(AppConfig):
    name = "painplan"
    verbose_name = "painplan"
