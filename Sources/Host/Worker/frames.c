/* frames.c: what goes out. A queue, the writer thread that empties it, and credit.
 *
 * The queue is bounded: chains by the host's credit, LOG and PROGRESS by their budget, PONG by a
 * count, CREDIT by the credit that the host itself has, RETURNED by the table of calls. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

#define MAX_QUEUED_PONGS 4096u

struct frame {
  struct frame *next;
  uint32_t size;
  bool budgeted;
  unsigned char bytes[]; /* header and payload */
};

pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t worker_changed = PTHREAD_COND_INITIALIZER;

static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static pthread_cond_t queue_emptied = PTHREAD_COND_INITIALIZER;
static struct frame *queue_first, **queue_last = &queue_first;
static bool writing;
static uint32_t in_flight; /* payload of all calls that the host has not acknowledged */
static uint32_t pongs, budget_used, dropped, dropped_told;

static struct frame *frame_new(uint8_t kind, uint8_t flags, uint64_t call, uint32_t length) {
  struct frame *frame = allocate(sizeof *frame + sizeof(struct slipway_wire_header) + length);
  const struct slipway_wire_header header = {length, kind, flags, call};
  frame->next = NULL;
  frame->size = (uint32_t)sizeof header + length;
  frame->budgeted = kind == SLIPWAY_WIRE_LOG || kind == SLIPWAY_WIRE_PROGRESS;
  memcpy(frame->bytes, &header, sizeof header);
  return frame;
}

static unsigned char *payload_of(struct frame *frame) { return frame->bytes + sizeof(struct slipway_wire_header); }

static uint8_t kind_of(const struct frame *frame) { return frame->bytes[offsetof(struct slipway_wire_header, kind)]; }

void frame_free(struct frame *frame) { free(frame); }

/* [locked] */
static void append(struct frame *frame) {
  *queue_last = frame;
  queue_last = &frame->next;
  pthread_cond_signal(&queue_filled);
}

void frame_queue(uint8_t kind, uint64_t call, const void *payload, uint32_t length) {
  if (kind == SLIPWAY_WIRE_HELLO) in_flight += length;
  if (kind == SLIPWAY_WIRE_PONG && ++pongs > MAX_QUEUED_PONGS) {
    worker_end(EXIT_WRONG_FRAME, "the host sent %u PINGs and read no PONG", pongs);
  }
  struct frame *frame = frame_new(kind, 0, call, length);
  if (length > 0) memcpy(payload_of(frame), payload, length);
  append(frame);
}

/* ---- LOG and PROGRESS: never wait ---- */

/* Copies the next `length` bytes of the parts and moves the cursor (part, offset). */
static void gather(unsigned char *to, size_t length, const struct iovec *parts, int *part, size_t *offset) {
  while (length > 0) {
    const size_t left = parts[*part].iov_len - *offset;
    const size_t amount = left < length ? left : length;
    if (amount > 0) memcpy(to, (const unsigned char *)parts[*part].iov_base + *offset, amount);
    to += amount;
    length -= amount;
    *offset += amount;
    if (*offset == parts[*part].iov_len) {
      (*part)++;
      *offset = 0;
    }
  }
}

struct frame *frame_of(uint8_t kind, uint64_t call, const struct iovec *parts, int count) {
  size_t length = 0, offset = 0;
  int part = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  struct frame *frame = frame_new(kind, 0, call, (uint32_t)length);
  gather(payload_of(frame), length, parts, &part, &offset);
  return frame;
}

void frame_count_dropped(void) {
  if (dropped < UINT32_MAX) dropped++;
}

void frame_queue_budgeted(struct frame *frame) {
  if (budget_used + frame->size > LOG_BUDGET) {
    frame_count_dropped();
    frame_free(frame);
    return;
  }
  budget_used += frame->size;
  if (kind_of(frame) == SLIPWAY_WIRE_LOG) {
    memcpy(payload_of(frame) + 4, &dropped, sizeof dropped);
    dropped_told = dropped;
  }
  append(frame);
}

void frame_log(uint64_t call, uint8_t level, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  uint32_t head[3] = {level, 0, (uint32_t)strlen(text)};
  const struct iovec parts[2] = {{head, sizeof head}, {text, head[2]}};
  frame_queue_budgeted(frame_of(SLIPWAY_WIRE_LOG, call, parts, 2));
}

/* ---- chains: wait for credit ---- */

/* [locked] */
static bool has_credit(const struct call *call, uint32_t amount) {
  return in_flight + amount <= SLIPWAY_WIRE_WORKER_CREDIT &&
         (call == NULL || call->in_flight + amount <= SLIPWAY_WIRE_CALL_CREDIT);
}

void chain_send(struct call *call, uint8_t kind, const struct iovec *parts, int count) {
  const uint64_t id = call != NULL ? call->id : 0; /* constant while the turn is held */
  size_t left = 0, offset = 0;
  int part = 0;
  for (int i = 0; i < count; i++) left += parts[i].iov_len;
  do {
    const uint32_t amount = left < SLIPWAY_WIRE_MAX_FRAME ? (uint32_t)left : SLIPWAY_WIRE_MAX_FRAME;
    left -= amount;
    struct frame *frame = frame_new(kind, left > 0 ? SLIPWAY_WIRE_MORE : 0, id, amount);
    gather(payload_of(frame), amount, parts, &part, &offset);
    pthread_mutex_lock(&worker_lock);
    while (!has_credit(call, amount)) pthread_cond_wait(&worker_changed, &worker_lock);
    in_flight += amount;
    if (call != NULL) call->in_flight += amount;
    append(frame);
    pthread_mutex_unlock(&worker_lock);
  } while (left > 0);
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

/* ---- the writer ---- */

static void write_frame(const struct frame *frame) {
  for (uint32_t done = 0; done < frame->size;) {
    const ssize_t written = write(SLIPWAY_WIRE_FD, frame->bytes + done, frame->size - done);
    if (written >= 0) {
      done += (uint32_t)written;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      _exit(0); /* the host is gone */
    } else if (errno != EINTR) {
      worker_end(EXIT_WRONG_FRAME, "descriptor %d cannot be written: %s", SLIPWAY_WIRE_FD, strerror(errno));
    }
  }
}

static void *writer_run(void *unused) {
  (void)unused;
  /* A closed socket shall be an error here, and not a signal. */
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
  pthread_mutex_lock(&worker_lock);
  for (;;) {
    while (queue_first == NULL) pthread_cond_wait(&queue_filled, &worker_lock);
    struct frame *frame = queue_first;
    queue_first = frame->next;
    if (queue_first == NULL) queue_last = &queue_first;
    writing = true;
    pthread_mutex_unlock(&worker_lock);
    write_frame(frame);
    pthread_mutex_lock(&worker_lock);
    writing = false;
    if (kind_of(frame) == SLIPWAY_WIRE_PONG) pongs--;
    if (frame->budgeted) budget_used -= frame->size;
    frame_free(frame);
    if (dropped != dropped_told && budget_used == 0) frame_log(0, 2, "log lines of the plugin were dropped");
    if (queue_first == NULL) pthread_cond_broadcast(&queue_emptied);
  }
}

void frames_start(void) {
  if (!thread_start(writer_run, 0)) worker_end(EXIT_NO_RESOURCES, "the writer's thread cannot be started");
}

void frames_drain(void) {
  pthread_mutex_lock(&worker_lock);
  while (queue_first != NULL || writing) pthread_cond_wait(&queue_emptied, &worker_lock);
  pthread_mutex_unlock(&worker_lock);
}
