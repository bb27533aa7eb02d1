/* echo.c: every verb replies with its request, unless the request holds "do":"COMMAND". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "plugin.h"

static const slipway_host *host;

static void reply(slipway_call *call, const char *text) { host->reply(call, SPAN(text)); }

static int32_t http(slipway_call *call, const char *path, slipway_span body,
                    int32_t (*on_chunk)(void *, slipway_span), void *context, const slipway_http_response **response) {
  const slipway_http_request request = {.struct_size = sizeof request,
                                        .timeout_ms = 1500,
                                        .endpoint = SPAN("api"),
                                        .method = body.length > 0 ? SPAN("POST") : SPAN("GET"),
                                        .path = SPAN(path),
                                        .query = SPAN("page=1"),
                                        .headers = SPAN("Accept: application/json\n"),
                                        .body = body,
                                        .cache_ttl_s = 60,
                                        .on_chunk = on_chunk,
                                        .context = context};
  return host->http(call, &request, response);
}

/* Replies with what a test wants to know of a response, one fact a line. */
static void describe(slipway_call *call, int32_t status, const slipway_http_response *response) {
  char text[4096];
  if (status != 0) {
    snprintf(text, sizeof text, "http returned %d", status);
  } else {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < response->body.length; i++) sum += response->body.bytes[i];
    snprintf(text, sizeof text, "outcome %d status %d retry %u body %llu sum %llu headers %.*s error %.*s",
             response->outcome, response->status, response->retry_after_ms, (unsigned long long)response->body.length,
             (unsigned long long)sum, (int)response->headers.length, (const char *)response->headers.bytes,
             (int)response->error.length, (const char *)response->error.bytes);
  }
  reply(call, text);
}

static void do_http(slipway_call *call, slipway_span request) {
  (void)request;
  const slipway_http_response *response = NULL;
  describe(call, http(call, "/v1/things", (slipway_span){NULL, 0}, NULL, NULL, &response), response);
  host->http_release(call, response);
  host->http_release(call, response); /* a second time does no harm: it is looked up, not followed */
}

static void do_post(slipway_call *call, slipway_span request) {
  const slipway_http_response *response = NULL;
  describe(call, http(call, "/v1/things", request, NULL, NULL, &response), response);
}

struct pieces {
  uint64_t total, sum, count, most;
};

static int32_t on_piece(void *context, slipway_span piece) {
  struct pieces *pieces = context;
  pieces->count++;
  pieces->total += piece.length;
  for (uint64_t i = 0; i < piece.length; i++) pieces->sum += piece.bytes[i];
  return pieces->count >= pieces->most;
}

static void stream(slipway_call *call, uint64_t most) {
  struct pieces pieces = {0, 0, 0, most};
  const slipway_http_response *response = NULL;
  const int32_t status = http(call, "/v1/stream", (slipway_span){NULL, 0}, on_piece, &pieces, &response);
  char text[256];
  if (status == 0) {
    snprintf(text, sizeof text, "outcome %d status %d streamed %llu sum %llu body %llu", response->outcome,
             response->status, (unsigned long long)pieces.total, (unsigned long long)pieces.sum,
             (unsigned long long)response->body.length);
  } else {
    snprintf(text, sizeof text, "http returned %d", status);
  }
  reply(call, text);
}

static void do_stream(slipway_call *call, slipway_span request) { (void)request, stream(call, UINT64_MAX); }
static void do_stop(slipway_call *call, slipway_span request) { (void)request, stream(call, 1); }

static void do_small_response(slipway_call *call, slipway_span request) {
  (void)request;
  const slipway_http_request asked = {.struct_size = sizeof asked,
                                      .endpoint = SPAN("api"),
                                      .method = SPAN("GET"),
                                      .path = SPAN("/"),
                                      .max_response = 10};
  const slipway_http_response *response = NULL;
  describe(call, host->http(call, &asked, &response), response);
}

/* Starts `run` with the call and waits for it. */
static void on_other_thread(slipway_call *call, void *(*run)(void *), int count) {
  pthread_t threads[80];
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, run, call);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void *http_thread(void *call) {
  const slipway_http_response *response = NULL;
  http(call, "/v1/parallel", (slipway_span){NULL, 0}, NULL, NULL, &response);
  host->log(call, 1, response->body, (slipway_span){NULL, 0});
  return NULL;
}

static void do_parallel(slipway_call *call, slipway_span request) {
  (void)request;
  on_other_thread(call, http_thread, 4);
  reply(call, "done");
}

static void do_crowd(slipway_call *call, slipway_span request) {
  (void)request;
  on_other_thread(call, http_thread, 70);
  reply(call, "done");
}

static void *reply_thread(void *call) {
  reply(call, "from another thread");
  return NULL;
}

static void do_thread(slipway_call *call, slipway_span request) {
  (void)request;
  on_other_thread(call, reply_thread, 1);
}

/* Uses the call after its verb returned, and says in the log what it got. */
static void *late_thread(void *call) {
  while (host->cancelled(call) != SLIPWAY_STATUS_CLOSED) sched_yield();
  const slipway_http_response *response = NULL;
  char text[256];
  snprintf(text, sizeof text, "late reply %d fail %d http %d log %d progress %d remaining %u cancelled %d",
           host->reply(call, SPAN("{}")), host->fail(call, SLIPWAY_INTERNAL, SPAN("{}")),
           http(call, "/", (slipway_span){NULL, 0}, NULL, NULL, &response),
           host->log(call, 1, SPAN("x"), (slipway_span){NULL, 0}), host->progress(call, 1, SPAN("x")),
           host->remaining_ms(call), host->cancelled(call));
  host->http_release(call, (const slipway_http_response *)call);
  host->log(NULL, 1, SPAN(text), (slipway_span){NULL, 0});
  return NULL;
}

static void do_late(slipway_call *call, slipway_span request) {
  (void)request;
  pthread_t thread;
  pthread_create(&thread, NULL, late_thread, call);
  pthread_detach(thread);
  reply(call, "on time");
}

/* A thread that waits for an answer while the verb returns. */
static void *abandoned_thread(void *call) {
  const slipway_http_response *response = NULL;
  char text[64];
  snprintf(text, sizeof text, "abandoned http %d", http(call, "/", (slipway_span){NULL, 0}, NULL, NULL, &response));
  host->log(NULL, 1, SPAN(text), (slipway_span){NULL, 0});
  return NULL;
}

static void do_abandon(slipway_call *call, slipway_span request) {
  (void)request;
  pthread_t thread;
  pthread_create(&thread, NULL, abandoned_thread, call);
  pthread_detach(thread);
  while (host->cancelled(call) == 0) sched_yield();
  reply(call, "returned first");
}

static void do_twice(slipway_call *call, slipway_span request) {
  (void)request;
  char text[128];
  const int32_t first = host->reply(call, SPAN("first"));
  const int32_t second = host->reply(call, SPAN("second"));
  const int32_t third = host->fail(call, SLIPWAY_BUSY, SPAN("{}"));
  snprintf(text, sizeof text, "statuses %d %d %d", first, second, third);
  host->log(call, 0, SPAN(text), (slipway_span){NULL, 0});
}

static void do_fail(slipway_call *call, slipway_span request) {
  (void)request;
  host->fail(call, SLIPWAY_NO_CAPACITY, SPAN("{\"message\":\"sold out\"}"));
}

static void do_silent(slipway_call *call, slipway_span request) { (void)call, (void)request; }

static void do_hang(slipway_call *call, slipway_span request) {
  (void)request;
  host->progress(call, -1, SPAN("hanging"));
  for (;;) poll(NULL, 0, -1); /* pause is not among the calls that the sandbox allows */
}

static void do_crash(slipway_call *call, slipway_span request) {
  (void)call, (void)request;
  *(volatile int *)0 = 1;
}

static void do_abort(slipway_call *call, slipway_span request) {
  (void)call, (void)request;
  abort();
}

static void do_exit(slipway_call *call, slipway_span request) {
  (void)call, (void)request;
  exit(0);
}

static void do_read_handle(slipway_call *call, slipway_span request) {
  (void)request;
  if (*(volatile char *)call != 0) reply(call, "read");
}

static void do_log(slipway_call *call, slipway_span request) {
  (void)request;
  host->log(call, 2, SPAN("a line"), SPAN("{\"key\":\"value\"}"));
  host->log(NULL, 0, SPAN("of no call"), (slipway_span){NULL, 0});
  host->progress(call, 500, SPAN("half way"));
  reply(call, "logged");
}

static void do_flood(slipway_call *call, slipway_span request) {
  (void)request;
  char line[1024];
  memset(line, 'x', sizeof line);
  for (int i = 0; i < 20000; i++) {
    host->log(call, 1, (slipway_span){(const uint8_t *)line, sizeof line}, (slipway_span){NULL, 0});
  }
  reply(call, "flooded");
}

/* Waits until the host cancels, or the deadline passes. */
static void do_wait(slipway_call *call, slipway_span request) {
  (void)request;
  const uint32_t before = host->remaining_ms(call);
  host->progress(call, 0, SPAN("waiting"));
  while (host->cancelled(call) == 0) sched_yield();
  const slipway_http_response *response = NULL;
  const int32_t status = http(call, "/", (slipway_span){NULL, 0}, NULL, NULL, &response);
  char text[128];
  snprintf(text, sizeof text, "before %s after %s http %d", before > 0 ? "some" : "none",
           host->remaining_ms(call) > 0 ? "some" : "none", status);
  reply(call, text);
}

static void do_too_big(slipway_call *call, slipway_span request) {
  (void)request;
  const uint64_t limit = 4u << 20;
  uint8_t *bytes = calloc(1, limit + 1);
  char text[128];
  const int32_t over = host->reply(call, (slipway_span){bytes, limit + 1});
  const int32_t absurd = host->reply(call, (slipway_span){bytes, UINT64_MAX});
  const int32_t line = host->log(call, 1, (slipway_span){bytes, limit}, (slipway_span){NULL, 0});
  free(bytes);
  snprintf(text, sizeof text, "reply %d absurd %d log %d", over, absurd, line);
  reply(call, text);
}

static void do_listing(slipway_call *call, slipway_span request) {
  (void)request;
  const uint64_t size = 5u << 20;
  uint8_t *bytes = calloc(1, size);
  host->reply(call, (slipway_span){bytes, size});
  free(bytes);
}

static void do_invalid(slipway_call *call, slipway_span request) {
  (void)request;
  const slipway_span none = {NULL, 0}, null = {NULL, 5};
  const slipway_http_response *response = NULL;
  slipway_http_request asked = {.struct_size = sizeof asked, .max_response = (16u << 20) + 1};
  slipway_http_request small = {.struct_size = 8};
  slipway_http_request big = {.struct_size = sizeof big, .body = {(const uint8_t *)"", UINT64_MAX}};
  char text[256];
  snprintf(text, sizeof text, "reply %d fail %d %d log %d %d %d progress %d http %d %d %d %d %d extension %s",
           host->reply(call, null), host->fail(call, 0, none), host->fail(call, 17, none),
           host->log(call, 4, none, none), host->log(call, -1, none, none), host->log(call, 1, null, none),
           host->progress(call, 1001, none), host->http(call, NULL, &response), host->http(call, &asked, &response),
           host->http(call, &small, &response), host->http(call, &big, &response), host->http(call, &asked, NULL),
           host->get_extension(host, SPAN("slipway.unknown/1")) == NULL ? "none" : "some");
  reply(call, text);
}

/* What the process looks like from inside. */
static void do_state(slipway_call *call, slipway_span request) {
  (void)request;
  char text[512];
  char descriptors[128] = "";
  for (int i = 0; i < 1024; i++) {
    if (fcntl(i, F_GETFD) != -1 && strlen(descriptors) < 100) sprintf(descriptors + strlen(descriptors), " %d", i);
  }
  sigset_t mask;
  sigset_t empty;
  sigemptyset(&empty);
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  struct sigaction term;
  sigaction(SIGTERM, NULL, &term);
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  snprintf(text, sizeof text, "descriptors%s; core %llu; mask %s; SIGTERM %s", descriptors,
           (unsigned long long)core.rlim_max, sigisemptyset(&mask) ? "empty" : "blocks",
           term.sa_handler == SIG_DFL ? "default" : "changed");
  reply(call, text);
}

static void do_close(slipway_call *call, slipway_span request) {
  (void)request;
  for (int i = 0; i <= 64; i++) close(i);
  reply(call, "closed");
}

static const struct {
  const char *name;
  slipway_verb run;
} commands[] = {{"http", do_http},         {"post", do_post},       {"stream", do_stream},
                {"stop", do_stop},         {"small", do_small_response},
                {"parallel", do_parallel}, {"thread", do_thread},   {"late", do_late},
                {"abandon", do_abandon},   {"twice", do_twice},     {"fail", do_fail},
                {"silent", do_silent},     {"hang", do_hang},       {"crash", do_crash},
                {"abort", do_abort},       {"exit", do_exit},       {"read_handle", do_read_handle},
                {"log", do_log},           {"flood", do_flood},     {"wait", do_wait},
                {"too_big", do_too_big},   {"listing", do_listing}, {"invalid", do_invalid},
                {"state", do_state},       {"close", do_close},       {"crowd", do_crowd}};

static void verb(slipway_call *call, slipway_span request) {
  static const char key[] = "\"do\":\"";
  const uint8_t *found = request.length > 0 ? memmem(request.bytes, request.length, key, sizeof key - 1) : NULL;
  if (found != NULL) {
    const uint8_t *name = found + sizeof key - 1;
    const uint64_t left = (uint64_t)(request.bytes + request.length - name);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
      const size_t length = strlen(commands[i].name);
      if (left > length && memcmp(name, commands[i].name, length) == 0 && name[length] == '"') {
        commands[i].run(call, request);
        return;
      }
    }
  }
  host->reply(call, request);
}

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static const slipway_plugin plugin = TABLE(verb);
  host = given;
  return &plugin;
}
