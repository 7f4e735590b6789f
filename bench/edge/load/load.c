/*
 * The load: POST requests over keep-alive HTTP/1.1 connections to one port of this machine.
 *
 * Closed loop: each connection asks again once it is answered. With --rate requests are due at fixed
 * instants, whatever became of those before: the latency of each counts from its instant, also when
 * no connection was free to send it (no coordinated omission).
 *
 * Prints `measuring` when the warm-up is over, and one JSON document at the end.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"

#define SECOND 1000000000ull
#define CONNECTIONS_MAX 1024
#define HEAD_BYTES_MAX 16384
#define REQUEST_BYTES_MAX 32768
#define STATUSES 600
#define SAMPLE_BYTES 160
/* What is not answered this long after the end is counted as unanswered. */
#define PATIENCE (5 * SECOND)

struct settings {
  int port;
  const char *host, *path, *tokens_file, *body_file;
  size_t offset;
  bool once, spoil;
  int connections, expected_status;
  double seconds, warm_up, rate;
};

struct connection {
  int fd;
  bool busy;
  uint64_t due;
  char head[HEAD_BYTES_MAX];
  size_t have;
  /* Of the answer under way; status 0 until its head is complete. */
  int status;
  size_t body_left;
};

struct tokens {
  char *text;
  char **lines;
  size_t count, next;
};

static struct settings settings = {.host = "localhost", .path = "/", .connections = 16,
                                   .expected_status = 200, .seconds = 1};
static struct connection connections[CONNECTIONS_MAX];
static struct tokens tokens;
static char *body;
static size_t body_bytes;
static struct histogram latencies, delays;
static uint64_t statuses[STATUSES], answered, failed, unanswered, spoiled;
static char sample[SAMPLE_BYTES];
static int poller;
static uint64_t measured_from, end, last_answer;
static bool is_used_up;

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static uint64_t own_cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static char *read_whole(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail("%s cannot be read", path);
  fseek(file, 0, SEEK_END);
  *bytes = (size_t)ftell(file);
  rewind(file);
  char *text = malloc(*bytes + 1);
  if (text == NULL || fread(text, 1, *bytes, file) != *bytes) fail("%s cannot be read", path);
  text[*bytes] = 0;
  fclose(file);
  return text;
}

static void read_tokens(void) {
  size_t bytes, room = 1024;
  tokens.text = read_whole(settings.tokens_file, &bytes);
  tokens.lines = malloc(room * sizeof *tokens.lines);
  for (char *line = strtok(tokens.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (tokens.count == room) {
      room *= 2;
      tokens.lines = realloc(tokens.lines, room * sizeof *tokens.lines);
    }
    tokens.lines[tokens.count] = line;
    tokens.count += 1;
  }
  if (tokens.count <= settings.offset) fail("%s has only %zu lines", settings.tokens_file, tokens.count);
  tokens.next = settings.offset;
}

static void connect_to_port(struct connection *connection) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)settings.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("nobody listens on port %d: %s", settings.port, strerror(errno));
  }
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
  connection->busy = false;
  connection->have = 0;
  connection->status = 0;
}

/* One that the server has closed, or that cannot be understood, is counted and replaced. */
static void replace(struct connection *connection) {
  if (connection->busy && connection->due >= measured_from) failed += 1;
  close(connection->fd);
  connect_to_port(connection);
}

/* The last characters of a signature become a number: no two tokens are the same, and none is good. */
static void spoil(char *token, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint64_t number = spoiled * 0x9E3779B97F4A7C15ull;
  spoiled += 1;
  for (size_t index = 0; index < 10 && index < length; index += 1) {
    token[length - 12 + index] = digits[(number >> (6 * index)) & 63];
  }
}

/* False when no token is left. */
static bool send_request(struct connection *connection, uint64_t due) {
  static char request[REQUEST_BYTES_MAX];
  if (tokens.next == tokens.count) {
    if (settings.once) return false;
    tokens.next = settings.offset;
  }
  const char *token = tokens.lines[tokens.next];
  tokens.next += 1;
  int before = snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nhost: %s\r\nauthorization: Bearer ",
                        settings.path, settings.host);
  size_t token_bytes = strlen(token);
  if ((size_t)before + token_bytes + body_bytes + 512 > sizeof request) fail("a token is too long");
  memcpy(request + before, token, token_bytes);
  if (settings.spoil) spoil(request + before, token_bytes);
  size_t bytes = (size_t)before + token_bytes;
  bytes += (size_t)sprintf(request + bytes,
                           "\r\naccept: application/json, text/event-stream\r\n"
                           "content-type: application/json\r\nmcp-protocol-version: 2025-06-18\r\n"
                           "mcp-session-id: 6f1f0c0e-35a5-4a35-a1ba-0d9f4a2f7c11\r\n"
                           "user-agent: bench\r\ncontent-length: %zu\r\n\r\n",
                           body_bytes);
  memcpy(request + bytes, body, body_bytes);
  bytes += body_bytes;
  connection->busy = true;
  connection->due = due;
  if (write(connection->fd, request, bytes) != (ssize_t)bytes) replace(connection);
  return true;
}

static void keep_sample(const struct connection *connection) {
  size_t length = connection->have < SAMPLE_BYTES - 1 ? connection->have : SAMPLE_BYTES - 1;
  for (size_t index = 0; index < length; index += 1) {
    char letter = connection->head[index];
    sample[index] = letter < ' ' || letter > '~' || letter == '"' || letter == '\\' ? ' ' : letter;
  }
}

/* False when the head is no answer that we understand. */
static bool read_head(struct connection *connection) {
  connection->head[connection->have] = 0;
  char *blank = strstr(connection->head, "\r\n\r\n");
  if (blank == NULL) return connection->have < HEAD_BYTES_MAX - 1;
  const char *length = strcasestr(connection->head, "\r\ncontent-length: ");
  int status = connection->have > 12 ? atoi(connection->head + 9) : 0;
  if (length == NULL || length > blank || status < 100 || status >= STATUSES) {
    keep_sample(connection);
    return false;
  }
  size_t body_here = connection->have - (size_t)(blank + 4 - connection->head);
  size_t expected = strtoul(length + 18, NULL, 10);
  if (body_here > expected) return false;
  connection->status = status;
  connection->body_left = expected - body_here;
  return true;
}

static void count_answer(const struct connection *connection, uint64_t time) {
  if (connection->due < measured_from) return;
  statuses[connection->status] += 1;
  answered += 1;
  add_value(&latencies, time - connection->due);
  last_answer = time;
  if (connection->status != settings.expected_status && sample[0] == 0) keep_sample(connection);
}

/* True when an answer is complete. */
static bool read_answer(struct connection *connection) {
  char rest[65536];
  bool in_head = connection->status == 0;
  ssize_t bytes = in_head ? read(connection->fd, connection->head + connection->have,
                                 HEAD_BYTES_MAX - 1 - connection->have)
                          : read(connection->fd, rest, sizeof rest);
  if (bytes < 0 && errno == EAGAIN) return false;
  if (bytes <= 0 || !connection->busy) {
    replace(connection);
    return false;
  }
  if (in_head) {
    connection->have += (size_t)bytes;
    if (!read_head(connection)) replace(connection);
  } else {
    connection->body_left -= (size_t)bytes < connection->body_left ? (size_t)bytes : connection->body_left;
  }
  return connection->status != 0 && connection->body_left == 0;
}

static void finish(struct connection *connection, uint64_t time) {
  count_answer(connection, time);
  connection->busy = false;
  connection->have = 0;
  connection->status = 0;
}

static struct connection *find_idle(void) {
  static int last = 0;
  for (int step = 0; step < settings.connections; step += 1) {
    last = (last + 1) % settings.connections;
    if (!connections[last].busy) return &connections[last];
  }
  return NULL;
}

static uint64_t interval(void) { return (uint64_t)((double)SECOND / settings.rate); }

static void stop_asking(void) {
  is_used_up = true;
  end = now();
}

/* Sends all that is due, as far as connections are free. Answers the instant of the next one. */
static uint64_t send_due(uint64_t due, uint64_t time) {
  while (due <= time && due < end) {
    struct connection *idle = find_idle();
    if (idle == NULL) break;
    if (due >= measured_from) add_value(&delays, time - due);
    if (!send_request(idle, due)) {
      stop_asking();
      break;
    }
    due += interval();
  }
  return due;
}

static void send_on_idle(uint64_t time) {
  for (int index = 0; index < settings.connections && time < end; index += 1) {
    if (!connections[index].busy && !send_request(&connections[index], time)) stop_asking();
  }
}

static bool is_any_busy(void) {
  for (int index = 0; index < settings.connections; index += 1) {
    if (connections[index].busy) return true;
  }
  return false;
}

/* Until something is answered or `instant`, to the nanosecond: a timer in milliseconds would be late. */
static void wait_until(uint64_t instant) {
  struct epoll_event events[256];
  uint64_t time = now();
  uint64_t left = instant > time ? instant - time : 0;
  struct timespec patience = {.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
  int count = epoll_pwait2(poller, events, 256, &patience, NULL);
  time = now();
  for (int index = 0; index < count; index += 1) {
    struct connection *connection = events[index].data.ptr;
    if (read_answer(connection)) finish(connection, time);
  }
}

static void announce(void) {
  puts("measuring");
  fflush(stdout);
}

static uint64_t earlier(uint64_t one, uint64_t other) { return one < other ? one : other; }

/* What nobody answered took at least as long as we waited: left out, it would make the rest look good. */
static void count_unanswered(uint64_t due) {
  uint64_t time = now();
  for (int index = 0; index < settings.connections; index += 1) {
    if (!connections[index].busy || connections[index].due < measured_from) continue;
    unanswered += 1;
    add_value(&latencies, time - connections[index].due);
  }
  if (settings.rate == 0) return;
  for (; due < end; due += interval()) {
    unanswered += 1;
    add_value(&latencies, time - due);
  }
}

/* Answers the CPU time that this process had used when the measuring began. */
static uint64_t run(void) {
  uint64_t begin = now(), due = begin, cpu = own_cpu(), time = begin;
  bool is_measuring = false;
  measured_from = begin + (uint64_t)(settings.warm_up * (double)SECOND);
  end = measured_from + (uint64_t)(settings.seconds * (double)SECOND);
  while (time < end || (settings.rate > 0 && due < end) || is_any_busy()) {
    if (time > end + PATIENCE) break;
    if (!is_measuring && time >= measured_from) {
      is_measuring = true;
      cpu = own_cpu();
      announce();
    }
    if (settings.rate > 0) due = send_due(due, time);
    else send_on_idle(time);
    uint64_t next = time < end ? end : end + PATIENCE + 1;
    if (!is_measuring) next = earlier(next, measured_from);
    /* An instant that has passed waits for a free connection, and with it for an answer. */
    if (settings.rate > 0 && due < end && due > time) next = earlier(next, due);
    wait_until(next);
    time = now();
  }
  if (!is_measuring) announce();
  count_unanswered(due);
  return cpu;
}

static double to_microseconds(uint64_t nanoseconds) { return (double)nanoseconds / 1000; }

static void report(uint64_t cpu_used) {
  uint64_t until = last_answer > end ? last_answer : end;
  double seconds = (double)(until - measured_from) / (double)SECOND;
  printf("{\"requests\":%lu,\"seconds\":%.6f,\"perSecond\":%.1f", answered, seconds,
         (double)answered / seconds);
  printf(",\"p50Us\":%.1f,\"p99Us\":%.1f,\"p999Us\":%.1f,\"maxUs\":%.1f",
         to_microseconds(quantile(&latencies, 0.5)), to_microseconds(quantile(&latencies, 0.99)),
         to_microseconds(quantile(&latencies, 0.999)), to_microseconds(latencies.largest));
  printf(",\"sendDelayP99Us\":%.1f,\"cpuUs\":%.1f", to_microseconds(quantile(&delays, 0.99)),
         to_microseconds(cpu_used));
  printf(",\"failed\":%lu,\"unanswered\":%lu,\"usedUp\":%s,\"nextToken\":%zu", failed, unanswered,
         is_used_up ? "true" : "false", tokens.next);
  printf(",\"sample\":\"%s\",\"statuses\":{", sample);
  const char *comma = "";
  for (int status = 0; status < STATUSES; status += 1) {
    if (statuses[status] == 0) continue;
    printf("%s\"%d\":%lu", comma, status, statuses[status]);
    comma = ",";
  }
  puts("}}");
}

static void read_option(int option, const char *value) {
  switch (option) {
    case 'p': settings.port = atoi(value); break;
    case 'h': settings.host = value; break;
    case 'u': settings.path = value; break;
    case 't': settings.tokens_file = value; break;
    case 'b': settings.body_file = value; break;
    case 'o': settings.offset = strtoul(value, NULL, 10); break;
    case '1': settings.once = true; break;
    case 'x': settings.spoil = true; break;
    case 'c': settings.connections = atoi(value); break;
    case 'e': settings.expected_status = atoi(value); break;
    case 's': settings.seconds = atof(value); break;
    case 'w': settings.warm_up = atof(value); break;
    case 'r': settings.rate = atof(value); break;
    default: exit(1);
  }
}

static void read_options(int count, char **values) {
  static const struct option options[] = {
      {"port", 1, 0, 'p'},    {"host", 1, 0, 'h'},        {"path", 1, 0, 'u'},
      {"tokens", 1, 0, 't'},  {"body", 1, 0, 'b'},        {"offset", 1, 0, 'o'},
      {"once", 0, 0, '1'},    {"spoil", 0, 0, 'x'},       {"connections", 1, 0, 'c'},
      {"expect", 1, 0, 'e'},  {"seconds", 1, 0, 's'},     {"warm-up", 1, 0, 'w'},
      {"rate", 1, 0, 'r'},    {0, 0, 0, 0}};
  int option;
  while ((option = getopt_long(count, values, "", options, NULL)) != -1) read_option(option, optarg);
  if (settings.port == 0 || settings.tokens_file == NULL || settings.body_file == NULL) {
    fail("--port, --tokens and --body are needed");
  }
  if (settings.connections < 1 || settings.connections > CONNECTIONS_MAX) {
    fail("--connections must be 1 to %d", CONNECTIONS_MAX);
  }
}

int main(int count, char **values) {
  read_options(count, values);
  read_tokens();
  body = read_whole(settings.body_file, &body_bytes);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  poller = epoll_create1(EPOLL_CLOEXEC);
  for (int index = 0; index < settings.connections; index += 1) connect_to_port(&connections[index]);
  uint64_t cpu_before = run();
  report(own_cpu() - cpu_before);
  return 0;
}
