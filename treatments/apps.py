from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    name = "treatments"

    def ready(self) -> None:
        """Scores of an assessment are read against the goals of the plan, of which the assessment knows nothing."""
        from assessments import goals
        from treatments import queries

        goals.register(queries.score_goals)
