/* worker.h: what the parts of slipway-worker share.
 *
 * slipway-worker holds one plugin. Its threads:
 *   main         confines itself, loads the plugin, then sleeps (main.c, confine.c, elf.c, load.c)
 *   reader       takes frames off descriptor 3; never waits for anything else (reader.c)
 *   writer       puts queued frames on descriptor 3 (frames.c)
 *   call threads run verbs; they alone wait for credit and for HTTP answers (calls.c, requests.c)
 *
 * `worker_lock` guards every structure in this header. No plugin code runs, no plugin memory is
 * read and nothing is written to a descriptor while it is held. "[locked]" marks functions that
 * want it held. */
#ifndef WORKER_H
#define WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "slipway_plugin.h"
#include "slipway_wire.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the wire is little endian"
#endif

#define EXIT_WRONG_USE 64
#define EXIT_WRONG_FRAME 65
#define EXIT_NO_RESOURCES 70

#define MAX_CALLS 64u
#define MAX_REQUESTS 64u /* open in one call; more wait */
#define CALL_STACK (512u << 10)
#define LOG_BUDGET (64u << 10)   /* queued bytes of LOG and PROGRESS */
#define MAX_LOG_LINE (16u << 10) /* message and fields */
#define MAX_MANIFEST (256u << 10)
#define MAX_REASON (4u << 10)
#define DEFAULT_RESPONSE (4u << 20)
#define MAX_RESPONSE (16u << 20)

extern pthread_mutex_t worker_lock;
/* Broadcast when credit came back or a call's turn to send ended. */
extern pthread_cond_t worker_changed;

/* ---- end.c: the ways out, and memory ---- */

/* Says why on stderr, without waiting for a full pipe, and ends the process with `status`. */
_Noreturn void worker_end(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* malloc that ends the worker instead of returning NULL. */
void *allocate(size_t size);

struct buffer {
  unsigned char *bytes;
  size_t length, room;
};
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_free(struct buffer *buffer);
/* Starts a detached thread; stack 0 is the system's default. */
bool thread_start(void *(*run)(void *), size_t stack);

/* ---- confine.c ---- */

/* First thing in main: no core dump, no ptrace, no /proc/<pid>/mem for others. */
void confine_first(void);
/* The rest: descriptors, privileges, signals, session. Returns SLIPWAY_ENFORCED bits. */
uint32_t confine(void);

/* ---- calls.c ---- */

enum { CALL_FREE, CALL_ARRIVING, CALL_WAITING, CALL_RUNNING, CALL_CLOSING };

struct request;

/* One entry of the fixed table of calls. */
struct call {
  uint64_t id;         /* on the wire */
  uint64_t generation; /* rises with each use of the entry: stale handles do not match */
  uint64_t deadline;   /* CLOCK_MONOTONIC, ns */
  uint32_t in_flight;  /* payload sent and not yet acknowledged */
  uint32_t owed;       /* payload received and not yet acknowledged */
  uint32_t last_request, open_requests;
  uint8_t state, verb;
  bool cancelled, answered;
  bool sending; /* a thread holds the call's turn: one chain at a time */
  uint8_t chain_kind; /* of the incoming chain, 0 between chains */
  uint32_t chain_request;
  size_t chain_length;
  struct buffer chain;
  struct request *requests;
};

/* Filled by load.c before READY, constant afterwards. */
extern slipway_verb worker_verbs[SLIPWAY_VERB_COUNT];

struct call *call_find(uint64_t id);                  /* [locked] by wire id, or NULL */
struct call *call_open(uint64_t id);                  /* [locked] NULL when the table is full */
bool call_was_open(uint64_t id);                      /* [locked] */
void call_ready(struct call *call);                   /* [locked] its request is complete: run the verb */
struct call *call_of(const slipway_call *handle);     /* [locked] NULL unless the verb is running */
/* [locked] Waits until nobody sends for the call and at most `most` requests are open; takes the turn. NULL: closed. */
struct call *call_turn(const slipway_call *handle, uint32_t most);
void call_turn_end(struct call *call);                /* [locked] */
bool call_over(const struct call *call);              /* [locked] cancelled or past its deadline */
uint32_t call_remaining_ms(const struct call *call);  /* [locked] */

/* ---- frames.c: what goes out ---- */

struct frame;

/* Starts the writer. */
void frames_start(void);
/* Queues a small message that costs no credit, or has credit already. [locked] */
void frame_queue(uint8_t kind, uint64_t call, const void *payload, uint32_t length);
/* Makes a LOG or PROGRESS frame; lock not needed. */
struct frame *frame_of(uint8_t kind, uint64_t call, const struct iovec *parts, int count);
/* Queues it within the budget, or frees and counts it. [locked] */
void frame_queue_budgeted(struct frame *frame);
void frame_free(struct frame *frame);
/* Counts a line that was not even queued. [locked] */
void frame_count_dropped(void);
/* A line of the worker's own. [locked] */
void frame_log(uint64_t call, uint8_t level, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Sends a message as a chain, waiting for credit. Lock NOT held; the caller holds the turn of
 * `call` (NULL: call 0). Reads the parts while it runs. */
void chain_send(struct call *call, uint8_t kind, const struct iovec *parts, int count);
/* The host acknowledged payload. [locked] */
void credit_returned(uint64_t call, uint32_t bytes);
/* Waits until everything queued is on the wire. */
void frames_drain(void);

/* ---- reader.c ---- */

void reader_start(void);
void reader_allow_calls(void); /* [locked] READY is queued */

/* ---- requests.c: HTTP through the host ---- */

int32_t service_http(slipway_call *, const slipway_http_request *, const slipway_http_response **);
void service_http_release(slipway_call *, const slipway_http_response *);
void request_head(struct call *call, const unsigned char *payload, size_t length); /* [locked] */
void request_body(struct call *call, uint32_t id, const unsigned char *bytes, size_t length); /* [locked] */
void request_end(struct call *call, const unsigned char *payload, size_t length); /* [locked] */
void requests_drop(struct call *call); /* [locked] the call is over */

/* ---- services.c ---- */

extern const slipway_host worker_host;
/* The plugin's reason, when it called refuse. */
extern struct buffer worker_refusal;
extern bool worker_refused;

/* ---- elf.c ---- */

/* Whether the loader may look at the file; when not, says in `found` what is there instead of a plugin. */
bool elf_check(const char *path, char *found, size_t room);

/* ---- load.c ---- */

/* Loads and checks the plugin; sends READY, or sends REFUSED and exits 0. */
void load(const char *path, uint32_t enforced);

#endif
