# The gateway's own rooms: one target for each. The classic builder and BuildKit both build it.
#
# Whatever runs here does so as uid 1000, on a root that cannot be written. Folders that a volume is mounted on
# belong to it in the image: an empty volume takes that over.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Node is in the image: without its scripts the package of that name fetches no second one.
RUN npm install --omit=dev --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
    && rm -rf /root/.npm

FROM node:24-bookworm-slim AS room
WORKDIR /app
# Rooms stay small: see cli/supervisor/room-memory.ts.
ENV NODE_ENV=production MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=65536
RUN mkdir -p /backups /data /rooms /run/room /run/runners /run/sockets /state \
    && cd /run/sockets && mkdir certs envoy ext-authz mcp-bridge oauth-server valkey \
    && cd /rooms && mkdir backup certs configuration envoy envoy-files ext-authz mcp-bridge oauth-server valkey \
    && cd /state && mkdir -p certs/served configuration envoy services volumes \
    && chown -R 1000:1000 /backups /data /rooms /run/room /run/runners /run/sockets /state \
    && chmod -R 0700 /backups /data /rooms /run/sockets /state \
    # Read, and written in part, under another account of the same group.
    && chmod 0750 /rooms/configuration && chmod 0711 /state && chmod 0770 /state/configuration
COPY --from=packages /app/node_modules ./node_modules
COPY deploy/health/room.pl /opt/gateway/room.pl
COPY package.json ./
COPY lib ./lib
COPY services ./services
RUN mkdir -p node_modules/.cache/compiled && chown 1000:1000 node_modules/.cache/compiled
USER 1000:1000
# A room that is told nothing ends at once. What Node has compiled by then stays in its image: with it a room
# starts in half the time.

FROM room AS oauth-server
COPY oauth-server ./oauth-server
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node oauth-server/main.ts || true
CMD ["node", "--env-file=/run/room/environment", "--no-node-snapshot", "--max-semi-space-size=8", "oauth-server/main.ts"]

FROM room AS ext-authz
COPY proto ./proto
COPY ext-authz ./ext-authz
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node ext-authz/main.ts || true
CMD ["node", "--env-file=/run/room/environment", "--no-node-snapshot", "--max-semi-space-size=1", "ext-authz/main.ts"]

FROM room AS mcp-bridge
COPY mcp-bridge ./mcp-bridge
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node mcp-bridge/main.ts || true
CMD ["node", "--env-file=/run/room/environment", "--no-node-snapshot", "--max-semi-space-size=2", "--v8-pool-size=1", "--no-parallel-scavenge", "mcp-bridge/main.ts"]

FROM room AS envoy-files
COPY envoy ./envoy
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node envoy/main.ts || true
CMD ["node", "--env-file=/run/room/environment", "--no-node-snapshot", "envoy/main.ts", "--watch"]

# Where lego lies in its image has changed from one release to the next.
FROM goacme/lego:v4 AS lego
RUN mkdir /opt/lego && cp "$(command -v lego || echo /lego)" /opt/lego/lego

FROM room AS certs
COPY --from=lego /opt/lego/lego /usr/local/bin/lego
COPY certs ./certs
RUN NODE_COMPILE_CACHE=/app/node_modules/.cache/compiled node certs/main.ts || true
CMD ["node", "--env-file=/run/room/environment", "--no-node-snapshot", "certs/main.ts"]

# What operates them; the command line reads how a room is configured.
FROM certs AS cli
COPY cli ./cli
COPY ext-authz/config.ts ./ext-authz/config.ts
COPY mcp-bridge ./mcp-bridge
COPY oauth-server ./oauth-server
# Volumes of services, should a backup be the first to mount one.
USER root
RUN for file in services/*/service.yaml; do mkdir "/state/volumes/$(basename "$(dirname "$file")")"; done \
    && mkdir -p /state/volumes/own && chown -R 1000:1000 /state/volumes && chmod -R 0700 /state/volumes
USER 1000:1000
ENTRYPOINT ["node", "/app/cli/main.ts"]
CMD ["--help"]

FROM envoyproxy/envoy:v1.40.0 AS envoy
USER root
RUN mkdir -p /run/room /run/sockets/envoy /state/envoy /state/certs/served \
    && chown -R 1000:1000 /run/room /run/sockets /state && chmod -R 0700 /run/sockets /state
COPY envoy/container /opt/gateway
USER 1000:1000
ENTRYPOINT ["bash", "/opt/gateway/start.sh"]
CMD []

FROM valkey/valkey:9-bookworm AS valkey
USER root
RUN mkdir -p /data /run/room /run/sockets/valkey \
    && chown -R 1000:1000 /data /run/room /run/sockets && chmod 0700 /data /run/sockets/valkey
COPY deploy/health/store.pl /opt/gateway/store.pl
USER 1000:1000
CMD ["valkey-server", "/run/room/valkey.conf"]
