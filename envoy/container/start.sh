# Starts Envoy in its container with the arguments, and the one secret, that were laid out for it.
set -euo pipefail
own=/run/room

# Read, not run: what is in the file is no program.
ENVOY_EDGE_SECRET=$(sed -n "s/^ENVOY_EDGE_SECRET='\(.*\)'\$/\1/p" "$own/environment")
export ENVOY_EDGE_SECRET
mapfile -t arguments <"$own/arguments"
exec envoy "${arguments[@]}"
