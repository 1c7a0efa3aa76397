FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/comeback \
 && /opt/comeback/bin/pip install --no-cache-dir --constraint requirements.lock .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/comeback comeback
COPY --from=build /opt/comeback /opt/comeback
ENV PATH=/opt/comeback/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_DATA_HOME=/var/lib/comeback
USER comeback
VOLUME /var/lib/comeback
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["comeback", "serve", "--host", "0.0.0.0"]
