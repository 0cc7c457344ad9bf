# One image for the engine (the default command) and the whole local pipeline (`viewfinder up`).
# docs/rekognition-in-tests.md says what of it was seen to work.

FROM python:3.13-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /source
COPY . .
RUN uv build --wheel --out-dir /dist . \
    && uv venv /opt/viewfinder \
    && uv pip install --python /opt/viewfinder/bin/python --no-cache --constraint constraints.txt /dist/*.whl
# The emulator's environment and the functions' packages are made now, so that `up` needs no network.
ENV XDG_CACHE_HOME=/opt/cache
RUN ["/opt/viewfinder/bin/python", "-c", "\
from viewfinder.deployment.packages import build_package, functions, project, read_template, this_machine; \
from viewfinder.local.ministack.environment import ensure_environment; \
ensure_environment(); \
names = functions(read_template(project() / 'infrastructure' / 'template.yaml')).values(); \
[build_package(project(), name, this_machine()) for name in names]"]

FROM python:3.13-slim-bookworm
RUN useradd --create-home --uid 10001 viewfinder \
    && install --directory --owner viewfinder /data
COPY --from=build /opt/viewfinder /opt/viewfinder
COPY --from=build --chown=viewfinder /opt/cache /opt/cache
ENV PATH=/opt/viewfinder/bin:$PATH XDG_CACHE_HOME=/opt/cache VIEWFINDER_DATA_DIR=/data PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /data
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8090/healthz', timeout=2)"]
CMD ["viewfinder", "rekognition", "serve", "--host", "0.0.0.0", "--port", "8090"]
