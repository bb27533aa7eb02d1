/* services.c: the host's table, as a plugin sees it, but for http (requests.c). */
#include "worker.h"

struct buffer worker_refusal;
bool worker_refused;

static bool is_span(slipway_span span) { return span.length == 0 || span.bytes != NULL; }

static struct iovec part_of(slipway_span span) { return (struct iovec){(void *)span.bytes, (size_t)span.length}; }

/* [load] Read by the loading thread only, which is the one that calls it. */
static void service_refuse(const slipway_host *host, slipway_span reason) {
  (void)host;
  if (worker_refused) return;
  worker_refused = true;
  if (is_span(reason)) buffer_append(&worker_refusal, reason.bytes, reason.length < MAX_REASON ? reason.length : MAX_REASON);
}

/* Sends the call's one answer: `head` before the JSON. */
static int32_t answer(slipway_call *handle, uint8_t kind, struct iovec head, slipway_span json) {
  if (!is_span(json)) return SLIPWAY_STATUS_INVALID;
  pthread_mutex_lock(&worker_lock);
  struct call *call = call_turn(handle, MAX_REQUESTS);
  const bool listing = call != NULL && (call->verb == SLIPWAY_VERB_LIST || call->verb == SLIPWAY_VERB_CATALOG);
  const uint64_t limit = listing ? SLIPWAY_WIRE_MAX_LISTING : SLIPWAY_WIRE_MAX_MESSAGE;
  int32_t status = SLIPWAY_STATUS_OK;
  if (call == NULL) {
    status = SLIPWAY_STATUS_CLOSED;
  } else if (call->answered) {
    status = SLIPWAY_STATUS_TWICE;
    frame_warn(call->id, "the plugin answered a call a second time; the first answer stands");
  } else if (json.length > limit - head.iov_len) {
    status = SLIPWAY_STATUS_TOO_BIG;
  } else {
    call->answered = true;
    const struct iovec parts[2] = {head, part_of(json)};
    pthread_mutex_unlock(&worker_lock);
    chain_send(call, kind, parts, 2);
    pthread_mutex_lock(&worker_lock);
  }
  if (call != NULL) call_turn_end(call);
  pthread_mutex_unlock(&worker_lock);
  return status;
}

static int32_t service_reply(slipway_call *handle, slipway_span json) {
  return answer(handle, SLIPWAY_WIRE_REPLY, (struct iovec){NULL, 0}, json);
}

static int32_t service_fail(slipway_call *handle, int32_t code, slipway_span json) {
  if (code < SLIPWAY_INVALID_SPEC || code > SLIPWAY_INTERNAL) return SLIPWAY_STATUS_INVALID;
  return answer(handle, SLIPWAY_WIRE_FAIL, (struct iovec){&code, sizeof code}, json);
}

static int32_t service_log(slipway_call *handle, int32_t level, slipway_span message, slipway_span fields) {
  if (level < 0 || level > 3 || !is_span(message) || !is_span(fields)) return SLIPWAY_STATUS_INVALID;
  uint32_t head[3] = {(uint32_t)level, 0, (uint32_t)message.length};
  const struct iovec parts[3] = {{head, sizeof head}, part_of(message), part_of(fields)};
  return frame_tell(SLIPWAY_WIRE_LOG, handle, parts, 3);
}

static int32_t service_progress(slipway_call *handle, int32_t permille, slipway_span message) {
  if (handle == NULL) return SLIPWAY_STATUS_CLOSED;
  if (permille < -1 || permille > 1000 || !is_span(message)) return SLIPWAY_STATUS_INVALID;
  const struct iovec parts[2] = {{&permille, sizeof permille}, part_of(message)};
  return frame_tell(SLIPWAY_WIRE_PROGRESS, handle, parts, 2);
}

static uint32_t service_remaining_ms(slipway_call *handle) {
  pthread_mutex_lock(&worker_lock);
  const struct call *call = call_of(handle);
  const uint32_t remaining = call != NULL ? call_remaining_ms(call) : 0;
  pthread_mutex_unlock(&worker_lock);
  return remaining;
}

static int32_t service_cancelled(slipway_call *handle) {
  pthread_mutex_lock(&worker_lock);
  const struct call *call = call_of(handle);
  const int32_t answer = call == NULL ? SLIPWAY_STATUS_CLOSED : call_over(call);
  pthread_mutex_unlock(&worker_lock);
  return answer;
}

static const void *service_get_extension(const slipway_host *host, slipway_span name) {
  (void)host, (void)name;
  return NULL; /* this version has none */
}

const slipway_host worker_host = {
    .struct_size = sizeof(slipway_host),
    .abi_min = SLIPWAY_ABI_VERSION,
    .abi_max = SLIPWAY_ABI_VERSION,
    .refuse = service_refuse,
    .reply = service_reply,
    .fail = service_fail,
    .http = service_http,
    .http_release = service_http_release,
    .log = service_log,
    .progress = service_progress,
    .remaining_ms = service_remaining_ms,
    .cancelled = service_cancelled,
    .get_extension = service_get_extension,
};
