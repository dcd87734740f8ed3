"""The one error of this package: a sentence for the person at the terminal, with a way out."""


class ServiceProblem(RuntimeError):
    """An embedded service cannot run. The text says what is wrong and what to do about it."""
