# One image for producer, workers, Flower and `eip`: the command says which. Its user is 65532, and it writes to /tmp alone.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim@sha256:6771159cd4fa5d9bba1258caf0b82e6b73458c694d178ad97c5e925c2d0e1a91

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ONLY_BINARY=:all:
WORKDIR /build
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/eip \
    && /opt/eip/bin/pip install --require-hashes -r requirements/runtime.txt \
    && python -m venv builder \
    && builder/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY eip eip
COPY producer producer
COPY workers workers
COPY cli cli
RUN builder/bin/hatchling build --target wheel \
    && /opt/eip/bin/pip install --no-index --no-deps dist/*.whl
# botocore describes 400 services, of which a few are called or lead to credentials. kubernetes.aio is the whole client
# once more, for asyncio. pip has done its work.
WORKDIR /opt/eip
RUN find lib/python*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
        ! -name ec2 ! -name sts ! -name service-quotas ! -name sso ! -name sso-oidc ! -name signin -exec rm -rf {} + \
    && rm -rf lib/python*/site-packages/kubernetes/aio lib/python*/site-packages/pip lib/python*/site-packages/pip-* bin/pip* \
    && find lib -type d -name tests -prune -exec rm -rf {} +

FROM ${PYTHON_IMAGE}
ARG VERSION=0.0.0+unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="k8s-eip-operator" \
      org.opencontainers.image.description="Gives labelled pods on Amazon EKS their own Elastic IP address" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/eip/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/eip /opt/eip
WORKDIR /tmp
USER 65532:65532
EXPOSE 8080 5555
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["python", "-m", "producer"]
