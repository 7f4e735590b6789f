# Each ends at once, having been told nothing.
node mcp-bridge/runner/main.ts 2>/dev/null
node services/egress/main.ts >/dev/null 2>&1
node services/guard/main.ts -- true
