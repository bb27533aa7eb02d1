/* end.c: how the worker ends, and what it does when memory or threads run out. */
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

/* Writes to stderr unless the pipe is full. Async-signal-safe. */
static void say(const char *text, size_t length) {
  struct pollfd error_output = {.fd = STDERR_FILENO, .events = POLLOUT};
  if (poll(&error_output, 1, 0) == 1 && (error_output.revents & POLLOUT)) {
    const ssize_t ignored = write(STDERR_FILENO, text, length);
    (void)ignored;
  }
}

void worker_end(int status, const char *format, ...) {
  char text[512] = "slipway-worker: ";
  const size_t prefix = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + prefix, sizeof text - prefix - 1, format, arguments);
  va_end(arguments);
  const size_t length = strlen(text);
  text[length] = '\n';
  say(text, length + 1);
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
  const bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                       pthread_attr_setstacksize(&attributes, stack) == 0 &&
                       pthread_create(&thread, &attributes, run, NULL) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

/* ---- fatal signals ---- */

static _Thread_local volatile uint8_t running_verb;
static _Thread_local volatile uint64_t running_call; /* 0: none on this thread */

void fatal_running(uint8_t verb, uint64_t call) {
  running_verb = verb;
  running_call = call;
}

static char *put(char *end, const char *name, uint64_t number) {
  static const char digits[] = "0123456789abcdef";
  char reversed[16];
  size_t count = 0;
  do reversed[count++] = digits[number % 16];
  while ((number /= 16) > 0);
  while (*name != 0) *end++ = *name++;
  while (count > 0) *end++ = reversed[--count];
  return end;
}

/* One line, all numbers in hexadecimal; the host reads it beside the status that the kernel gives. */
static void on_fatal(int number, siginfo_t *info, void *context) {
  (void)context;
  char line[160];
  char *end = put(line, "\nslipway-worker: fatal signal=", (uint64_t)number);
  if (info->si_code > 0) end = put(end, " address=", (uint64_t)(uintptr_t)info->si_addr); /* else a process sent it */
  end = put(put(end, " verb=", running_verb), " call=", running_call);
  *end++ = '\n';
  say(line, (size_t)(end - line));
  signal(number, SIG_DFL); /* and die of it, as if nobody had looked */
  raise(number);
}

void fatal_stack(void *stack) {
  const stack_t alternate = {.ss_sp = stack, .ss_size = SIGNAL_STACK};
  sigaltstack(&alternate, NULL);
}

void fatal_signals(void) {
  signal(SIGPIPE, SIG_IGN); /* a closed socket shall be an error for whichever thread writes, and not a signal */
  static char stack[SIGNAL_STACK];
  static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
  const struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  fatal_stack(stack);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}
