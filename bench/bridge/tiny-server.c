/*
 * The smallest MCP server on stdin and stdout that answers rightly: initialize, ping, tools/list, and one
 * tool `echo`. It costs next to nothing beside what is measured.
 *
 * tiny-server [stubborn]   stubborn: ignores SIGTERM and the end of its input
 */

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Behind `"name":` and the blanks after it; NULL where there is none. */
static const char *value_of(const char *line, const char *name) {
  char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\"", name);
  const char *at = strstr(line, quoted);
  if (!at) return NULL;
  at += strlen(quoted);
  while (*at == ' ' || *at == ':') at++;
  return at;
}

/* How long the number or text that begins here is, quotes included. */
static int length_of(const char *value) {
  const char *end = value + 1;
  if (*value == '"') {
    while (*end && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
    return (int)(end - value) + 1;
  }
  while (*end && *end != ',' && *end != '}' && *end != ' ') end++;
  return (int)(end - value);
}

static int is(const char *value, const char *text) {
  size_t length = strlen(text);
  return value[0] == '"' && strncmp(value + 1, text, length) == 0 && value[length + 1] == '"';
}

static void answer(const char *line, const char *id, const char *method) {
  int id_length = length_of(id);
  printf("{\"jsonrpc\":\"2.0\",\"id\":%.*s,", id_length, id);
  if (is(method, "initialize")) {
    const char *revision = value_of(line, "protocolVersion");
    if (!revision) revision = "\"2025-06-18\"";
    printf("\"result\":{\"protocolVersion\":%.*s,\"capabilities\":{\"tools\":{}},"
           "\"serverInfo\":{\"name\":\"tiny\",\"version\":\"1\"}}}\n",
           length_of(revision), revision);
  } else if (is(method, "tools/list")) {
    printf("\"result\":{\"tools\":[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\","
           "\"properties\":{\"message\":{\"type\":\"string\"}}}}]}}\n");
  } else if (is(method, "tools/call")) {
    const char *message = value_of(line, "message");
    if (!message) message = "\"\"";
    printf("\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"Echo: %.*s\"}]}}\n",
           length_of(message) - 2, message + 1);
  } else if (is(method, "ping")) {
    printf("\"result\":{}}\n");
  } else {
    printf("\"error\":{\"code\":-32601,\"message\":\"no such method\"}}\n");
  }
  fflush(stdout);
}

int main(int count, char **arguments) {
  int stubborn = count > 1 && strcmp(arguments[1], "stubborn") == 0;
  if (stubborn) signal(SIGTERM, SIG_IGN);
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    const char *id = value_of(line, "id");
    const char *method = value_of(line, "method");
    if (id && method) answer(line, id, method);
  }
  while (stubborn) pause();
  return 0;
}
