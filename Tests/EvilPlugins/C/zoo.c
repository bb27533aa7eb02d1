/* zoo.c: does what the first word of its request says. ID, and what the constructor does, are macros. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "plugin.h"

static const slipway_host *host;

static void nap(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

static void for_ever(void) {
  for (;;) nap(1000);
}

static void reply(slipway_call *call, const char *text) { host->reply(call, SPAN(text)); }

static void *crash(void *at) {
  *(volatile char *)at = 1;
  return NULL;
}

static void *reply_thread(void *call) {
  reply(call, "from another thread");
  return NULL;
}

static void in_thread(void *(*run)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, argument) == 0) pthread_join(thread, NULL);
}

static void put(int descriptor, const void *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    const ssize_t sent = write(descriptor, (const char *)bytes + at, length - at);
    if (sent > 0) at += (size_t)sent;
    else if (errno != EAGAIN && errno != EINTR) return;
    else nap(1);
  }
}

/* A frame as slipway_wire.h draws it: length, kind, flags, call. */
static void forge(uint8_t kind, uint64_t call, const char *payload) {
  uint8_t frame[128] = {0};
  const uint32_t length = (uint32_t)strlen(payload);
  memcpy(frame, &length, 4);
  frame[4] = kind;
  memcpy(frame + 6, &call, 8);
  memcpy(frame + 14, payload, length);
  put(3, frame, 14 + length);
}

static int32_t never(void *context, slipway_span piece) {
  (void)context, (void)piece;
  for_ever();
  return 0;
}

static void many(slipway_call *call, uint64_t length, char byte) {
  uint8_t *bytes = malloc(length);
  char text[64];
  if (bytes == NULL) return reply(call, "no memory");
  memset(bytes, byte, length);
  const int32_t status = host->reply(call, (slipway_span){bytes, length});
  free(bytes);
  snprintf(text, sizeof text, "the host said %d", status);
  if (status < 0) host->log(call, 1, SPAN(text), (slipway_span){NULL, 0});
}

static void stream(slipway_call *call) {
  const slipway_http_response *response = NULL;
  const slipway_http_request wanted = {.struct_size = sizeof wanted,
                                       .endpoint = SPAN("api"),
                                       .method = SPAN("GET"),
                                       .path = SPAN("/"),
                                       .on_chunk = never};
  host->http(call, &wanted, &response);
  reply(call, "streamed");
}

static void verb(slipway_call *call, slipway_span request) {
  char word[64] = "";
  memcpy(word, request.bytes, request.length < 63 ? request.length : 63);
#define WHEN(name) else if (strcmp(word, name) == 0)
  if (word[0] == 0) return;
  WHEN("crash") crash((void *)16);
  WHEN("thread crash") in_thread(crash, (void *)16);
  WHEN("abort") abort();
  WHEN("exit") exit(0);
  WHEN("loop") {
    for (volatile int i = 0;; i++) {}
  }
  WHEN("stubborn") {
    signal(SIGTERM, SIG_IGN);
    for_ever();
  }
  WHEN("leak") {
    char *piece = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i += 4096) ((volatile char *)piece)[i] = 1;
    reply(call, "leaked");
  }
  WHEN("child") {
    char text[64];
    const long child = syscall(SYS_fork);
    if (child == 0) for_ever();
    snprintf(text, sizeof text, "fork: %s", child < 0 ? strerrorname_np(errno) : "done");
    reply(call, text);
  }
  WHEN("close") {
    for (int i = 0; i <= 64; i++) close(i);
    for_ever();
  }
  WHEN("noise") {
    uint8_t bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
    put(1, bytes, sizeof bytes);
    put(2, bytes, sizeof bytes);
    put(1, "\n", 1);
    reply(call, "noisy");
  }
  WHEN("garbage") {
    uint8_t bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 31 + 200);
    put(3, bytes, sizeof bytes);
    for_ever();
  }
  WHEN("forge") {
    forge(6, 99, "{}"); /* REPLY to a call that the host never opened */
    for_ever();
  }
  WHEN("forge two") {
    /* REPLY to every call that there may be: the first that is open gets it, one that is not is seen. */
    for (uint64_t id = 1; id < 64; id++) forge(6, id, "{\"forged\":true}");
    for_ever();
  }
  WHEN("forge kind") {
    forge(77, 0, "");
    for_ever();
  }
  WHEN("steal") {
    char byte;
    for (;;) {
      if (read(3, &byte, 1) <= 0) nap(1);
    }
  }
  WHEN("log") {
    static char line[16000];
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 67109; i++) host->log(call, 1, (slipway_span){(uint8_t *)line, sizeof line}, (slipway_span){NULL, 0});
    reply(call, "logged 1 GB");
  }
  WHEN("print") {
    static char line[16000];
    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\n';
    for (;;) put(1, line, sizeof line);
  }
  WHEN("escapes") {
    host->log(call, 1, SPAN("log \x1b]0;owned\x07\x1b[2J\x1b[31mred\r\nforged line"), SPAN("{\"k\":\"\x1b[5m\"}"));
    put(1, "print \x1b[2Jred\x9b\x08\n", 17);
    reply(call, "escaped");
  }
  WHEN("null reply") host->reply(call, (slipway_span){NULL, 5});
  WHEN("64 MB") many(call, 64 << 20, 'x');
  WHEN("twice") {
    reply(call, "first");
    host->reply(call, SPAN("second"));
    host->fail(call, SLIPWAY_INTERNAL, SPAN("{}"));
  }
  WHEN("thread reply") in_thread(reply_thread, call);
  WHEN("none") (void)call;
  WHEN("stream") stream(call);
  else reply(call, "as ever");
}

#ifdef CONSTRUCTOR_CRASHES
__attribute__((constructor)) static void construct(void) { crash((void *)16); }
#endif
#ifdef EVERY_THIRD
/* Crashes while the file is there: a plugin has no memory between its starts. */
__attribute__((constructor)) static void construct(void) {
  if (access(EVERY_THIRD, F_OK) == 0) abort();
}
#endif
#ifdef SLOW
__attribute__((constructor)) static void construct(void) { for_ever(); }
#endif
#ifdef UNRESOLVED
extern int nobody_defines_this(void);
#endif

#define ZOO_MANIFEST "{\"id\":\"test\",\"name\":\"Zoo\",\"version\":\"1.0.0\",\"max_concurrency\":4}"

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table;
  table.struct_size = sizeof table;
  table.abi_min = table.abi_max = table.abi_chosen = SLIPWAY_ABI_VERSION;
  table.id = SPAN("test");
  table.version = SPAN("1.0.0");
  table.manifest = SPAN(ZOO_MANIFEST);
  table.validate = table.prepare = table.provision = table.poll = verb;
  table.terminate = table.list = table.catalog = table.self_test = verb;
#ifdef UNRESOLVED
  table.struct_size += (uint32_t)nobody_defines_this();
#endif
#ifdef TOO_OLD
  table.abi_min = table.abi_max = table.abi_chosen = 0;
#endif
#ifdef TOO_NEW
  table.abi_min = table.abi_max = table.abi_chosen = UINT32_C(7) << 16 | 3;
#endif
#ifdef SMALL
  table.struct_size = 12;
#endif
#ifdef HUGE_SIZE
  table.struct_size = UINT32_MAX;
#endif
#ifdef VERSION
  table.version = SPAN(VERSION);
  table.manifest = SPAN("{\"id\":\"test\",\"name\":\"Zoo\",\"version\":\"" VERSION "\",\"max_concurrency\":4}");
#endif
#ifdef NULL_TABLE
  return NULL;
#endif
  host = given;
  return &table;
}
