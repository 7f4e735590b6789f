# Starts Envoy in its container with the arguments, and the secrets, that were laid out for it.
set -euo pipefail
own=/run/room

# Read, not run: what is in the file is no program. Each value stands between two marks of one kind.
while IFS='=' read -r name value; do
  case $name in
    ENVOY_EDGE_SECRET | ENVOY_OTLP_HEADER_*) export "$name=${value:1:-1}" ;;
  esac
done <"$own/environment"
mapfile -t arguments <"$own/arguments"
exec envoy "${arguments[@]}"
