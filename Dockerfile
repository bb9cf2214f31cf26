# The image of one service: docker build --build-arg SERVICE=service-a --tag service-a:latest .
# All of them: docker buildx bake
# Base images are referenced by tag; Renovate adds their digests where it can reach the registries.
ARG SERVICE

# The files that `npm ci` reads: stages that copy from here reuse their cached packages until one of these files changes.
FROM --platform=$BUILDPLATFORM node:26-trixie-slim AS manifests
WORKDIR /context
RUN --mount=type=bind,target=. mkdir /app && cp --parents .npmrc package.json package-lock.json ./*/package.json test/support/package.json /app

# For Tilt: runs the TypeScript source and restarts at every edit. The root file system is read-only: /app is a volume that is
# filled with the source at startup; the packages are outside of it.
FROM node:26-trixie-slim AS dev
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --omit=dev \
 && mv node_modules / \
 && for manifest in */package.json; do ln -s "app/${manifest%/*}" /; done \
 && rm -r /app/* \
 && chown 65532:65532 /app
ARG SERVICE
COPY tools/dev/watch /watch
COPY proto /source/proto
COPY service-kit /source/service-kit
COPY ${SERVICE} /source/${SERVICE}
USER 65532:65532
# The inspector listens on the pod's loopback, which only a port forward reaches.
ENV NODE_COMPILE_CACHE=/app/.cache SERVICE=${SERVICE} FORCE_COLOR=1 INSPECT_PORT=9229
# Does not overwrite edits in the volume when the container restarts.
ENTRYPOINT ["sh", "-c", "cp --recursive --update=none /source/. . && exec node /watch/watch.ts $SERVICE"]

# Runs on the builder's own platform: a bundle is the same for every platform, and the image below adds it without running anything.
FROM --platform=$BUILDPLATFORM node:26-trixie-slim AS bundle
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
ARG SERVICE
COPY tsconfig.json ./
COPY tools/release/bundle.ts tools/release/
COPY proto proto
COPY service-kit service-kit
COPY ${SERVICE} ${SERVICE}
# A fixed timestamp on every file makes the layer reproducible.
RUN node tools/release/bundle.ts "$SERVICE" /out/app && find /out -exec touch --date=@0 {} +
# The SBOM lists this stage, too: a bundle does not tell which packages are in it.
ARG BUILDKIT_SBOM_SCAN_STAGE=true

FROM gcr.io/distroless/nodejs26-debian13:nonroot
COPY --from=bundle /out /
USER 65532:65532
# One malloc arena: the C library's default of one per thread takes 8 MB more and is no faster.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
# Node's permission model: the process may read its code, the certificates that the chart mounts and its own statistics. It
# cannot write files or start processes. https://nodejs.org/api/permissions.html
ENTRYPOINT ["/nodejs/bin/node", "--permission", "--allow-net", "--disable-warning=ExperimentalWarning", "--allow-fs-read=/app", "--allow-fs-read=/etc/grpc-tls", "--allow-fs-read=/proc/self", "--enable-source-maps", "--disable-sigusr1", "/app/main.mjs"]
ARG SERVICE
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
# For the build_info metric and the traces.
ENV SERVICE_VERSION=$VERSION SERVICE_REVISION=$REVISION
LABEL org.opencontainers.image.title="$SERVICE" \
      org.opencontainers.image.source="https://github.com/my-org/my-app" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
