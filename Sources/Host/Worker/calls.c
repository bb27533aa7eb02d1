/* calls.c: the table of calls and the threads that run them.
 *
 * A slipway_call pointer is no address: it is a tag, the entry's generation and its index. A plugin
 * that uses one after its verb returned gets CLOSED, one that reads through it faults at once. */
#include <stdlib.h>
#include <time.h>

#include "worker.h"

#define HANDLE_TAG (UINT64_C(0xca11) << 48) /* not a canonical address */

slipway_verb worker_verbs[SLIPWAY_VERB_COUNT];

static struct call calls[MAX_CALLS];
static uint64_t highest_id;
static struct call *waiting[MAX_CALLS]; /* ring of calls whose verb no thread runs yet */
static uint32_t waiting_first, waiting_count;
static uint32_t threads, idle_threads;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;

static slipway_call *handle_of(const struct call *call) {
  const uint64_t index = (uint64_t)(call - calls);
  const uint64_t body = (call->generation * MAX_CALLS + index) & ~(UINT64_C(0xffff) << 48);
  return (slipway_call *)(uintptr_t)(HANDLE_TAG | body);
}

struct call *call_of(const slipway_call *handle) {
  struct call *call = &calls[(uintptr_t)handle % MAX_CALLS];
  return call->state == CALL_RUNNING && handle_of(call) == handle ? call : NULL;
}

struct call *call_find(uint64_t id) {
  for (uint32_t i = 0; i < MAX_CALLS; i++) {
    if (calls[i].state != CALL_FREE && calls[i].id == id) return &calls[i];
  }
  return NULL;
}

bool call_was_open(uint64_t id) { return id != 0 && id <= highest_id; }

struct call *call_open(uint64_t id) {
  for (uint32_t i = 0; i < MAX_CALLS; i++) {
    if (calls[i].state != CALL_FREE) continue;
    calls[i] = (struct call){.id = id, .generation = calls[i].generation + 1, .state = CALL_ARRIVING};
    if (id > highest_id) highest_id = id;
    return &calls[i];
  }
  return NULL;
}

struct call *call_turn(const slipway_call *handle, uint32_t most) {
  struct call *call;
  while ((call = call_of(handle)) != NULL && (call->sending || call->open_requests > most)) {
    pthread_cond_wait(&worker_changed, &worker_lock);
  }
  if (call != NULL) call->sending = true;
  return call;
}

void call_turn_end(struct call *call) {
  call->sending = false;
  pthread_cond_broadcast(&worker_changed);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t call_remaining_ms(const struct call *call) {
  const uint64_t now = now_ns();
  if (call->deadline <= now) return 0;
  const uint64_t remaining = (call->deadline - now) / 1000000u;
  return remaining < UINT32_MAX ? (uint32_t)remaining : UINT32_MAX;
}

bool call_over(const struct call *call) { return call->cancelled || call->deadline <= now_ns(); }

/* [locked] The verb returned: whatever other threads still do with the call finishes or is refused. */
static void close_call(struct call *call) {
  call->state = CALL_CLOSING; /* call_of finds it no more */
  pthread_cond_broadcast(&worker_changed);
  while (call->sending) pthread_cond_wait(&worker_changed, &worker_lock);
  if (!call->answered) {
    const int32_t code = SLIPWAY_INTERNAL;
    char text[] = "{\"message\":\"the plugin's verb returned without calling reply or fail\"}";
    const struct iovec parts[2] = {{(void *)&code, sizeof code}, {text, sizeof text - 1}};
    pthread_mutex_unlock(&worker_lock);
    chain_send(call, SLIPWAY_WIRE_FAIL, parts, 2); /* CLOSING keeps the turn from everybody else */
    pthread_mutex_lock(&worker_lock);
  }
  requests_drop(call);
  buffer_free(&call->chain);
  if (call->owed > 0) frame_queue(SLIPWAY_WIRE_CREDIT, call->id, &call->owed, sizeof call->owed);
  frame_queue(SLIPWAY_WIRE_RETURNED, call->id, NULL, 0);
  call->state = CALL_FREE;
}

static void *thread_run(void *unused) {
  (void)unused;
  pthread_mutex_lock(&worker_lock);
  for (;;) {
    idle_threads++;
    while (waiting_count == 0) pthread_cond_wait(&work, &worker_lock);
    idle_threads--;
    struct call *call = waiting[waiting_first];
    waiting_first = (waiting_first + 1) % MAX_CALLS;
    waiting_count--;
    call->state = CALL_RUNNING;
    slipway_call *handle = handle_of(call);
    const slipway_verb verb = worker_verbs[call->verb];
    struct buffer request = call->chain;
    call->chain = (struct buffer){0};
    pthread_mutex_unlock(&worker_lock);
    verb(handle, (slipway_span){request.bytes + 16, request.length - 16});
    buffer_free(&request);
    pthread_mutex_lock(&worker_lock);
    close_call(call);
  }
}

void call_ready(struct call *call) {
  call->state = CALL_WAITING;
  waiting[(waiting_first + waiting_count) % MAX_CALLS] = call;
  waiting_count++;
  /* A new thread counts as idle only once it runs, so several calls in a row may start one more than
   * they need; never more than there are calls. */
  if (waiting_count > idle_threads && threads < MAX_CALLS) {
    if (thread_start(thread_run, CALL_STACK)) threads++;
    else if (threads == 0) worker_end(EXIT_NO_RESOURCES, "no thread can be started for a call");
  }
  pthread_cond_signal(&work);
}
