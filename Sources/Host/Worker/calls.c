/* calls.c: the table of calls, and how one is run.
 *
 * A slipway_call pointer is no address: it is a tag, the entry's generation and its index. A plugin
 * that uses one after its verb returned gets CLOSED, one that reads through it faults at once. */
#include <time.h>

#include "worker.h"

#define HANDLE_TAG (UINT64_C(0xca11) << 48) /* not a canonical address */
#define CALL_HEAD 16u                       /* verb, 7 bytes, deadline: before the JSON */

slipway_verb worker_verbs[SLIPWAY_VERB_COUNT];

static struct call calls[MAX_CALLS];
static uint64_t highest_id;
static struct call *waiting[MAX_CALLS]; /* ring of calls whose verb no thread runs yet */
static uint32_t waiting_first, waiting_count;

static slipway_call *handle_of(const struct call *call) {
  const uint64_t body = call->generation * MAX_CALLS + (uint64_t)(call - calls);
  return (slipway_call *)(uintptr_t)(HANDLE_TAG | (body & ~(UINT64_C(0xffff) << 48)));
}

struct call *call_of(const slipway_call *handle) {
  struct call *call = &calls[(uintptr_t)handle % MAX_CALLS];
  return call->state == CALL_RUNNING && handle_of(call) == handle ? call : NULL;
}

struct call *call_find(uint64_t id) {
  for (struct call *call = calls; call < calls + MAX_CALLS; call++) {
    if (call->state != CALL_FREE && call->id == id) return call;
  }
  return NULL;
}

bool call_was_open(uint64_t id) { return id != 0 && id <= highest_id; }

struct call *call_open(uint64_t id) {
  for (struct call *call = calls; call < calls + MAX_CALLS; call++) {
    if (call->state != CALL_FREE) continue;
    *call = (struct call){.id = id, .generation = call->generation + 1, .state = CALL_ARRIVING};
    if (id > highest_id) highest_id = id;
    return call;
  }
  return NULL;
}

struct call *call_turn(const slipway_call *handle, uint32_t most) {
  struct call *call;
  while ((call = call_of(handle)) != NULL && (call->sending || call->open_requests > most)) {
    crew_relieve();
    pthread_cond_wait(&worker_changed, &worker_lock);
  }
  if (call != NULL) call->sending = true;
  return call;
}

void call_turn_end(struct call *call) {
  call->sending = false;
  pthread_cond_broadcast(&worker_changed);
}

uint32_t call_remaining_ms(const struct call *call) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const uint64_t now = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
  const uint64_t left = call->deadline <= now ? 0 : (call->deadline - now + 999999u) / 1000000u;
  return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

bool call_over(const struct call *call) { return call->cancelled || call_remaining_ms(call) == 0; }

/* [locked] The verb returned: whatever other threads still do with the call finishes or is refused. */
static void close_call(struct call *call) {
  call->state = CALL_CLOSING; /* call_of finds it no more, so nobody takes its turn */
  pthread_cond_broadcast(&worker_changed);
  while (call->sending) pthread_cond_wait(&worker_changed, &worker_lock);
  if (!call->answered) {
    const int32_t code = SLIPWAY_INTERNAL;
    char text[] = "{\"message\":\"the plugin's verb returned without calling reply or fail\"}";
    const struct iovec parts[2] = {{(void *)&code, sizeof code}, {text, sizeof text - 1}};
    pthread_mutex_unlock(&worker_lock);
    chain_send(call, SLIPWAY_WIRE_FAIL, parts, 2);
    pthread_mutex_lock(&worker_lock);
  }
  requests_drop(call);
  buffer_free(&call->chain);
  if (call->owed > 0) frame_queue(SLIPWAY_WIRE_CREDIT, call->id, &call->owed, sizeof call->owed);
  frame_queue(SLIPWAY_WIRE_RETURNED, call->id, NULL, 0);
  call->state = CALL_FREE;
}

void call_run(void) {
  struct call *call = waiting[waiting_first];
  waiting_first = (waiting_first + 1) % MAX_CALLS;
  waiting_count--;
  call->state = CALL_RUNNING;
  slipway_call *handle = handle_of(call);
  const slipway_verb verb = worker_verbs[call->verb];
  struct buffer request = call->chain;
  call->chain = (struct buffer){0};
  fatal_running(call->verb, call->id);
  pthread_mutex_unlock(&worker_lock);
  verb(handle, (slipway_span){request.bytes + CALL_HEAD, request.length - CALL_HEAD});
  fatal_running(0, 0);
  buffer_free(&request);
  pthread_mutex_lock(&worker_lock);
  close_call(call);
}

void call_ready(struct call *call) {
  call->state = CALL_WAITING;
  waiting[(waiting_first + waiting_count) % MAX_CALLS] = call;
  waiting_count++;
}

uint32_t calls_waiting(void) { return waiting_count; }
