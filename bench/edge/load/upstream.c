/*
 * The MCP server behind the edge: answers every request on a unix socket with the same result, for
 * next to nothing, and says in headers of its answer who it was told is calling.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTION_BYTES 65536
#define USER_BYTES_MAX 256

static const char result[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":"
    "\"It is 12:00 in Lisbon, with 21 degrees, a light breeze from the west and no rain before "
    "Thursday.\"}],\"isError\":false}}";

struct connection {
  int fd;
  size_t have;
  char bytes[CONNECTION_BYTES];
};

/* False when nobody is there any more to read it. */
static bool answer(const struct connection *connection, const char *end_of_head) {
  char text[1024], user[USER_BYTES_MAX] = "";
  const char *sent = strcasestr(connection->bytes, "\r\nx-user-id: ");
  if (sent != NULL && sent < end_of_head) sscanf(sent + 13, "%255[^\r]", user);
  const char *token = strcasestr(connection->bytes, "\r\nauthorization: ");
  bool saw_token = token != NULL && token < end_of_head;
  int bytes = snprintf(text, sizeof text,
                       "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-seen-user: %s\r\n"
                       "x-seen-token: %s\r\ncontent-length: %zu\r\n\r\n%s",
                       user, saw_token ? "yes" : "no", sizeof result - 1, result);
  return write(connection->fd, text, (size_t)bytes) == bytes;
}

/* False when the connection is to be given up: the request is too large, or nobody reads the answer. */
static bool serve(struct connection *connection) {
  for (;;) {
    connection->bytes[connection->have] = 0;
    char *blank = strstr(connection->bytes, "\r\n\r\n");
    if (blank == NULL) return connection->have < CONNECTION_BYTES - 1;
    const char *length = strcasestr(connection->bytes, "\r\ncontent-length: ");
    size_t body = length != NULL && length < blank ? strtoul(length + 18, NULL, 10) : 0;
    size_t whole = (size_t)(blank + 4 - connection->bytes) + body;
    if (whole >= CONNECTION_BYTES) return false;
    if (connection->have < whole) return true;
    if (!answer(connection, blank)) return false;
    connection->have -= whole;
    memmove(connection->bytes, connection->bytes + whole, connection->have);
  }
}

static void read_from(struct connection *connection) {
  ssize_t bytes = read(connection->fd, connection->bytes + connection->have,
                       CONNECTION_BYTES - 1 - connection->have);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (bytes > 0) {
    connection->have += (size_t)bytes;
    if (serve(connection)) return;
  }
  close(connection->fd);
  free(connection);
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  unlink(path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  umask(0177);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  return listen(listener, 1024) == 0 ? listener : -1;
}

int main(int count, char **values) {
  int listener = count == 2 ? listen_on(values[1]) : -1;
  if (listener < 0) {
    fprintf(stderr, "usage: upstream SOCKET, with a path that can be listened on\n");
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int index = 0; index < ready; index += 1) {
      struct connection *connection = events[index].data.ptr;
      if (connection != NULL) {
        read_from(connection);
        continue;
      }
      connection = calloc(1, sizeof *connection);
      connection->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
      epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
    }
  }
}
