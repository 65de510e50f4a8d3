# By tag: where this was written, no digest could be looked up. Pin it before you rely on the image.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/sitthi \
    && /opt/sitthi/bin/pip install --require-hashes --only-binary :all: -r requirements.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY app app
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir /build/wheels . \
    && /opt/sitthi/bin/pip install --no-deps /build/wheels/*.whl \
    && /opt/sitthi/bin/pip uninstall --yes pip

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Sitthi" \
      org.opencontainers.image.description="Privacy rights for Thai savings cooperatives over one REST API" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 sitthi \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/sitthi --no-create-home --shell /usr/sbin/nologin sitthi \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/sitthi
COPY --from=build /opt/sitthi /opt/sitthi
ENV PATH=/opt/sitthi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SITTHI_HOST=0.0.0.0 SITTHI_DATA_DIR=/var/lib/sitthi
WORKDIR /var/lib/sitthi
USER 10001:10001
VOLUME /var/lib/sitthi
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('SITTHI_PORT', '8000')}/healthz\", timeout=2)"]
ENTRYPOINT ["sitthi"]
CMD ["serve"]
