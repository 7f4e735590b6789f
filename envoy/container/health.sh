# Whether Envoy serves, and of each room that it leads to at least one process: by its read-only pages.
# A shell's own means: nothing is left behind, and `timeout` ends it in any case.
set -euo pipefail
port=$1

ask() {
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}

# Read to its end before it is searched: who stops early ends the reader with a signal.
ready=$(ask /ready)
grep -q '^LIVE' <<<"$ready"
clusters=$(ask /clusters)
for room in oauth_server ext_authz mcp_bridge; do
  grep -q "^$room::.*::health_flags::healthy" <<<"$clusters"
done
