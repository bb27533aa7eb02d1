/* frames.c: what goes out. A queue, which any thread empties that has the time, and credit.
 *
 * The queue is bounded: chains by the host's credit, LOG and PROGRESS by their budget, PONG by a
 * count, CREDIT by the credit that the host itself has, RETURNED by the table of calls. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

#define MAX_QUEUED_PONGS 4096u
#define LOG_BUDGET (64u << 10)   /* queued payload of LOG and PROGRESS */
#define MAX_LOG_LINE (16u << 10) /* message and fields */
#define MAX_GATHERED 64             /* frames in one write */

struct frame {
  struct frame *next;
  struct slipway_wire_header header; /* packed: the payload follows it at once */
  unsigned char payload[];
};

pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t worker_changed = PTHREAD_COND_INITIALIZER;

static struct frame *queue_first, **queue_last = &queue_first;
static size_t first_written; /* bytes of the first frame that are on the wire */
static bool writing;
static uint32_t in_flight; /* payload of all calls that the host has not acknowledged */
static uint32_t pongs, budget_used, dropped, dropped_told;

/* What is left of a message to send. */
struct message {
  const struct iovec *part;
  size_t offset, left;
};

static struct message message_of(const struct iovec *parts, int count) {
  struct message message = {.part = parts};
  for (int i = 0; i < count; i++) message.left += parts[i].iov_len;
  return message;
}

/* A frame with the next `length` bytes of a message. */
static struct frame *frame_new(uint8_t kind, uint64_t call, struct message *message, uint32_t length) {
  struct frame *frame = allocate(sizeof *frame + length);
  message->left -= length;
  frame->next = NULL;
  frame->header = (struct slipway_wire_header){length, kind, message->left > 0 ? SLIPWAY_WIRE_MORE : 0, call};
  for (unsigned char *to = frame->payload; length > 0;) {
    const size_t rest = message->part->iov_len - message->offset, amount = rest < length ? rest : length;
    if (amount > 0) memcpy(to, (const unsigned char *)message->part->iov_base + message->offset, amount);
    to += amount;
    length -= (uint32_t)amount;
    message->offset += amount;
    if (message->offset == message->part->iov_len) message->part++, message->offset = 0;
  }
  return frame;
}

/* [locked] */
static void append(struct frame *frame) {
  *queue_last = frame;
  queue_last = &frame->next;
}

void frame_queue(uint8_t kind, uint64_t call, const void *payload, uint32_t length) {
  if (kind == SLIPWAY_WIRE_HELLO) in_flight += length;
  if (kind == SLIPWAY_WIRE_PONG && ++pongs > MAX_QUEUED_PONGS) {
    worker_end(EXIT_WRONG_FRAME, "the host sent %u PINGs and read no PONG", pongs);
  }
  const struct iovec part = {(void *)payload, length};
  struct message message = message_of(&part, 1);
  append(frame_new(kind, call, &message, length));
}

/* ---- LOG and PROGRESS: never wait ---- */

static bool is_budgeted(uint8_t kind) { return kind == SLIPWAY_WIRE_LOG || kind == SLIPWAY_WIRE_PROGRESS; }

/* [locked] NULL: a line that was too long. */
static void append_budgeted(struct frame *frame) {
  if (frame == NULL || budget_used + frame->header.length > LOG_BUDGET) {
    if (dropped < UINT32_MAX) dropped++;
    free(frame);
    return;
  }
  budget_used += frame->header.length;
  if (frame->header.kind == SLIPWAY_WIRE_LOG) {
    memcpy(frame->payload + 4, &dropped, sizeof dropped);
    dropped_told = dropped;
  }
  append(frame);
}

int32_t frame_tell(uint8_t kind, const slipway_call *handle, const struct iovec *parts, int count) {
  bool fits = true;
  for (int i = 0; i < count; i++) fits = fits && parts[i].iov_len <= MAX_LOG_LINE;
  struct message message = message_of(parts, count);
  fits = fits && message.left <= MAX_LOG_LINE;
  struct frame *frame = fits ? frame_new(kind, 0, &message, (uint32_t)message.left) : NULL;
  pthread_mutex_lock(&worker_lock);
  const struct call *call = handle != NULL ? call_of(handle) : NULL;
  const bool closed = handle != NULL && call == NULL;
  if (frame != NULL && call != NULL) frame->header.call = call->id;
  if (closed) free(frame);
  else append_budgeted(frame);
  crew_send();
  pthread_mutex_unlock(&worker_lock);
  return closed ? SLIPWAY_STATUS_CLOSED : fits ? SLIPWAY_STATUS_OK : SLIPWAY_STATUS_TOO_BIG;
}

void frame_warn(uint64_t call, const char *text) {
  const uint32_t head[3] = {2, 0, (uint32_t)strlen(text)};
  const struct iovec parts[2] = {{(void *)head, sizeof head}, {(void *)text, head[2]}};
  struct message message = message_of(parts, 2);
  append_budgeted(frame_new(SLIPWAY_WIRE_LOG, call, &message, (uint32_t)message.left));
}

/* ---- chains: wait for credit ---- */

/* [locked] */
static bool has_credit(const struct call *call, uint32_t amount) {
  return in_flight + amount <= SLIPWAY_WIRE_WORKER_CREDIT &&
         (call == NULL || call->in_flight + amount <= SLIPWAY_WIRE_CALL_CREDIT);
}

void chain_send(struct call *call, uint8_t kind, const struct iovec *parts, int count) {
  struct message message = message_of(parts, count);
  do {
    const uint32_t amount = message.left < SLIPWAY_WIRE_MAX_FRAME ? (uint32_t)message.left : SLIPWAY_WIRE_MAX_FRAME;
    struct frame *frame = frame_new(kind, call != NULL ? call->id : 0, &message, amount); /* constant with the turn */
    pthread_mutex_lock(&worker_lock);
    while (!has_credit(call, amount)) {
      crew_send();
      crew_relieve();
      if (!has_credit(call, amount)) pthread_cond_wait(&worker_changed, &worker_lock);
    }
    in_flight += amount;
    if (call != NULL) call->in_flight += amount;
    append(frame);
    /* The verb is about to return, as a rule: then its answer and RETURNED go in one write. */
    const bool waits = (kind == SLIPWAY_WIRE_REPLY || kind == SLIPWAY_WIRE_FAIL) && crew_covers();
    if (message.left == 0 && !waits) crew_send();
    pthread_mutex_unlock(&worker_lock);
  } while (message.left > 0);
}

void credit_returned(uint64_t id, uint32_t bytes) {
  struct call *call = id != 0 ? call_find(id) : NULL;
  if (bytes > in_flight || (call != NULL && bytes > call->in_flight)) {
    worker_end(EXIT_WRONG_FRAME, "the host sent CREDIT of %u bytes for call %llu, more than is in flight", bytes,
               (unsigned long long)id);
  }
  in_flight -= bytes;
  if (call != NULL) call->in_flight -= bytes;
  pthread_cond_broadcast(&worker_changed);
}

/* ---- onto the wire ---- */

/* [locked] Takes off the queue what that many bytes were. */
static void take_written(size_t count) {
  first_written += count;
  struct frame *frame;
  while ((frame = queue_first) != NULL && first_written >= sizeof frame->header + frame->header.length) {
    first_written -= sizeof frame->header + frame->header.length;
    queue_first = frame->next;
    if (queue_first == NULL) queue_last = &queue_first;
    if (frame->header.kind == SLIPWAY_WIRE_PONG) pongs--;
    if (is_budgeted(frame->header.kind)) budget_used -= frame->header.length;
    free(frame);
    if (dropped != dropped_told && budget_used == 0) frame_warn(0, "log lines of the plugin were dropped");
  }
}

bool frames_unsent(void) { return queue_first != NULL; }

void frames_flush(void) {
  if (writing) return; /* whoever writes goes on until nothing is left, or no room */
  writing = true;
  for (bool room = true; room && queue_first != NULL;) {
    struct iovec parts[MAX_GATHERED];
    int count = 0;
    for (struct frame *frame = queue_first; frame != NULL && count < MAX_GATHERED; frame = frame->next) {
      parts[count++] = (struct iovec){&frame->header, sizeof frame->header + frame->header.length};
    }
    parts[0].iov_base = (unsigned char *)parts[0].iov_base + first_written;
    parts[0].iov_len -= first_written;
    pthread_mutex_unlock(&worker_lock); /* others only append */
    const ssize_t written = writev(SLIPWAY_WIRE_FD, parts, count);
    const int error = errno;
    pthread_mutex_lock(&worker_lock);
    if (written >= 0) take_written((size_t)written);
    else if (error == EAGAIN) room = false;
    else if (error == EPIPE || error == ECONNRESET) _exit(0); /* the host is gone */
    else if (error != EINTR) {
      worker_end(EXIT_WRONG_FRAME, "descriptor %d cannot be written: %s", SLIPWAY_WIRE_FD, strerror(error));
    }
  }
  writing = false;
}

void frames_drain(void) {
  pthread_mutex_lock(&worker_lock);
  for (frames_flush(); queue_first != NULL; frames_flush()) {
    pthread_mutex_unlock(&worker_lock);
    poll(&(struct pollfd){.fd = SLIPWAY_WIRE_FD, .events = POLLOUT}, 1, -1);
    pthread_mutex_lock(&worker_lock);
  }
  pthread_mutex_unlock(&worker_lock);
}
