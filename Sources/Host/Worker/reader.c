/* reader.c: what comes in. Each frame is held against the table in slipway_wire.h; one that does
 * not fit ends the worker. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

#define CREDIT_LOT (32u << 10)

static bool calls_allowed; /* READY is next */

void reader_allow_calls(void) {
  pthread_mutex_lock(&worker_lock);
  calls_allowed = true;
  pthread_mutex_unlock(&worker_lock);
}

static _Noreturn void refuse(const struct slipway_wire_header *header, const char *reason) {
  worker_end(EXIT_WRONG_FRAME, "the host sent a frame that is not allowed: %s (kind %u, flags %u, call %llu, %u bytes)",
             reason, header->kind, header->flags, (unsigned long long)header->call, header->length);
}

/* [locked] Acknowledges payload that came off the wire; small amounts are saved up. */
static void acknowledge(struct call *call, uint64_t id, uint32_t length) {
  if (call != NULL) {
    call->owed += length;
    if (call->owed < CREDIT_LOT) return;
    length = call->owed;
    call->owed = 0;
  }
  if (length > 0) frame_queue(SLIPWAY_WIRE_CREDIT, id, &length, sizeof length);
}

/* [locked] */
static const char *take_call(struct call *call) {
  static const unsigned char zero[7];
  const unsigned char *bytes = call->chain.bytes;
  if (call->chain.length < 16) return "CALL is shorter than its head";
  if (memcmp(bytes + 1, zero, sizeof zero) != 0) return "reserved bytes of CALL are not 0";
  if (bytes[0] >= SLIPWAY_VERB_COUNT || worker_verbs[bytes[0]] == NULL) return "the plugin has no such verb";
  call->verb = bytes[0];
  memcpy(&call->deadline, bytes + 8, sizeof call->deadline);
  call_ready(call);
  return NULL;
}

/* [locked] Finds or opens the call of a chained frame; NULL for a frame that crossed RETURNED. */
static struct call *call_for(const struct slipway_wire_header *header) {
  if (!calls_allowed) refuse(header, "READY has not been sent");
  if (header->call == 0) refuse(header, "it needs a call");
  struct call *call = call_find(header->call);
  if (header->kind == SLIPWAY_WIRE_CALL) {
    if (call != NULL && call->state != CALL_ARRIVING) refuse(header, "the call is open already");
    if (call == NULL) call = call_open(header->call);
    if (call == NULL) refuse(header, "64 calls are open already");
  } else if (call == NULL && !call_was_open(header->call)) {
    refuse(header, "the call was never opened");
  }
  return call;
}

/* [locked] CALL and the HTTP kinds: chains, and they cost credit. */
static void take_chained(const struct slipway_wire_header *header, const unsigned char *payload) {
  struct call *call = call_for(header);
  acknowledge(call, header->call, header->length);
  if (call == NULL) return;
  if (call->chain_kind != 0 && call->chain_kind != header->kind) refuse(header, "another chain of the call is unfinished");
  const bool more = (header->flags & SLIPWAY_WIRE_MORE) != 0;
  if (call->chain.length + header->length > SLIPWAY_WIRE_MAX_MESSAGE) refuse(header, "the message is too long");
  call->chain_kind = more ? header->kind : 0;
  const char *fault = NULL;
  if (more || call->chain.length > 0 || header->kind == SLIPWAY_WIRE_CALL) {
    buffer_append(&call->chain, payload, header->length);
    if (more) return;
    fault = header->kind == SLIPWAY_WIRE_CALL
                ? take_call(call) /* which keeps the chain */
                : request_take(call, header->kind, call->chain.bytes, call->chain.length);
    if (header->kind != SLIPWAY_WIRE_CALL) buffer_free(&call->chain);
  } else {
    fault = request_take(call, header->kind, payload, header->length);
  }
  if (fault != NULL) refuse(header, fault);
}

/* [locked] CREDIT, PING and CANCEL: single frames of one size. */
static void take_single(const struct slipway_wire_header *header, const unsigned char *payload, uint32_t length) {
  struct call *call = call_find(header->call);
  if ((header->flags & SLIPWAY_WIRE_MORE) != 0) refuse(header, "this kind is never a chain");
  if (header->length != length) refuse(header, "its length is not that of its kind");
  if (header->kind != SLIPWAY_WIRE_CREDIT && !calls_allowed) refuse(header, "READY has not been sent");
  if (header->kind == SLIPWAY_WIRE_PING) {
    if (header->call != 0) refuse(header, "PING belongs to no call");
    frame_queue(SLIPWAY_WIRE_PONG, 0, payload, length);
    return;
  }
  const bool of_none = header->kind == SLIPWAY_WIRE_CREDIT && header->call == 0;
  if (!of_none && call == NULL && !call_was_open(header->call)) refuse(header, "the call was never opened");
  if (header->kind == SLIPWAY_WIRE_CANCEL) {
    if (call != NULL) call->cancelled = true;
    return;
  }
  uint32_t bytes;
  memcpy(&bytes, payload, sizeof bytes);
  credit_returned(header->call, bytes);
}

/* [locked] */
static void take(const struct slipway_wire_header *header, const unsigned char *payload) {
  switch (header->kind) {
    case SLIPWAY_WIRE_CALL:
    case SLIPWAY_WIRE_HTTP_HEAD:
    case SLIPWAY_WIRE_HTTP_BODY:
    case SLIPWAY_WIRE_HTTP_END: take_chained(header, payload); break;
    case SLIPWAY_WIRE_CANCEL: take_single(header, payload, 0); break;
    case SLIPWAY_WIRE_CREDIT: take_single(header, payload, 4); break;
    case SLIPWAY_WIRE_PING: take_single(header, payload, 8); break;
    default: refuse(header, "the host never sends this kind");
  }
}

void reader_read(void) {
  /* Room for one frame of any size: whoever reads next goes on where this one ended. */
  static unsigned char buffer[sizeof(struct slipway_wire_header) + SLIPWAY_WIRE_MAX_FRAME];
  static size_t filled;
  pthread_mutex_unlock(&worker_lock);
  const ssize_t got = read(SLIPWAY_WIRE_FD, buffer + filled, sizeof buffer - filled);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) _exit(0); /* the host is gone */
  if (got < 0 && errno != EAGAIN && errno != EINTR) {
    worker_end(EXIT_WRONG_FRAME, "descriptor %d cannot be read: %s", SLIPWAY_WIRE_FD, strerror(errno));
  }
  pthread_mutex_lock(&worker_lock);
  filled += got > 0 ? (size_t)got : 0;
  size_t start = 0;
  for (struct slipway_wire_header header; filled - start >= sizeof header; start += sizeof header + header.length) {
    memcpy(&header, buffer + start, sizeof header);
    if (header.length > SLIPWAY_WIRE_MAX_FRAME) refuse(&header, "it is longer than 64 KiB");
    if ((header.flags & ~SLIPWAY_WIRE_MORE) != 0) refuse(&header, "unknown flags");
    if (header.flags != 0 && header.length == 0) refuse(&header, "an empty frame before the last");
    if (filled - start - sizeof header < header.length) break;
    take(&header, buffer + start + sizeof header);
  }
  filled -= start;
  memmove(buffer, buffer + start, filled);
}
