/* end.c: how the worker ends, and what it does when memory or threads run out. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

void worker_end(int status, const char *format, ...) {
  char text[512] = "slipway-worker: ";
  const size_t prefix = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  const int wanted = vsnprintf(text + prefix, sizeof text - prefix - 1, format, arguments);
  va_end(arguments);
  size_t length = strlen(text);
  if (wanted >= 0) text[length++] = '\n';
  struct pollfd error_output = {.fd = STDERR_FILENO, .events = POLLOUT};
  if (poll(&error_output, 1, 0) == 1 && (error_output.revents & POLLOUT)) {
    const ssize_t ignored = write(STDERR_FILENO, text, length);
    (void)ignored;
  }
  _exit(status);
}

void *allocate(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (memory == NULL) worker_end(EXIT_NO_RESOURCES, "out of memory for %zu bytes", size);
  return memory;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
  if (length == 0) return;
  if (buffer->room - buffer->length < length) {
    size_t room = buffer->room > 0 ? buffer->room * 2 : 1024; /* lengths are at most some 16 MiB */
    if (room < buffer->length + length) room = buffer->length + length;
    unsigned char *grown = realloc(buffer->bytes, room);
    if (grown == NULL) worker_end(EXIT_NO_RESOURCES, "out of memory for %zu bytes", room);
    buffer->bytes = grown;
    buffer->room = room;
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

void buffer_free(struct buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct buffer){0};
}

bool thread_start(void *(*run)(void *), size_t stack) {
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0) return false;
  bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                 (stack == 0 || pthread_attr_setstacksize(&attributes, stack) == 0) &&
                 pthread_create(&thread, &attributes, run, NULL) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}
