from django.apps import AppConfig
from django.db.backends.signals import connection_created


class PainplanConfig(AppConfig):
    name = "painplan"
    verbose_name = "painplan"

    def ready(self) -> None:
        from painplan.database.role import refuse_unsafe_role

        connection_created.connect(refuse_unsafe_role, dispatch_uid="painplan.refuse_unsafe_role")
