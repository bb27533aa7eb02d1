/* worker.h: what the parts of slipway-worker share.
 *
 * slipway-worker holds one plugin. Its threads:
 *   main   confines itself, loads the plugin, then sleeps (main.c, sandbox.c, load.c)
 *   crew   all alike: each reads frames, runs verbs and sends answers, as there is need (crew.c).
 *          Only in a verb do they wait for credit and for HTTP answers (frames.c, requests.c)
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
#define SIGNAL_STACK (16u << 10)
#define MAX_REASON (4u << 10)

extern pthread_mutex_t worker_lock;
extern pthread_cond_t worker_changed; /* broadcast when credit came back or a call's turn to send ended */

/* ---- crew.c ---- */

void crew_start(void); /* the first thread, which reads; more start as calls need them */
/* [locked] Sends what is queued. What the socket has no room for is left to another thread: this one never waits. */
void crew_send(void);
/* [locked] A thread is about to wait inside a verb: sees to it that another one reads. */
void crew_relieve(void);
/* [locked] Whether what this thread leaves queued is sent by another one within a millisecond. */
bool crew_covers(void);

/* ---- end.c: the ways out, and memory ---- */

/* Says why on stderr, without waiting for a full pipe, and ends the process with `status`. */
_Noreturn void worker_end(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct buffer {
  unsigned char *bytes;
  size_t length, room;
};
void *allocate(size_t size); /* ends the worker instead of returning NULL */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_free(struct buffer *buffer);
bool thread_start(void *(*run)(void *), size_t stack); /* detached */
/* From here on a fatal signal is told on stderr: which, where, and in which call. Before any plugin code. */
void fatal_signals(void);
/* Gives the calling thread a stack for that, of SIGNAL_STACK bytes, and tells which call it runs. */
void fatal_stack(void *stack);
void fatal_running(uint8_t verb, uint64_t call);

/* ---- sandbox.c, syscalls.c ---- */

struct options {
  const char *plugin;
  const char *libraries; /* folders with ':' between */
  uint64_t memory;       /* bytes of RLIMIT_DATA */
  bool direct;           /* the plugin does its own networking */
  bool required;         /* do not load without the essential parts */
  bool cgroup;           /* descriptor 4 is the cgroup.procs to join */
};
/* Takes away everything that the plugin does not need; no other thread may run yet. */
void sandbox_enter(const struct options *options);
/* Afterwards: 0 for each part that holds, else errno; and Landlock's ABI, 0 where there is none. */
extern uint8_t sandbox_missing[SLIPWAY_PART_COUNT];
extern uint32_t sandbox_landlock;
/* The list of allowed system calls, for this process. 0, or -1 with errno. */
int syscalls_restrict(bool direct);

/* ---- calls.c ---- */

enum { CALL_FREE, CALL_ARRIVING, CALL_WAITING, CALL_RUNNING, CALL_CLOSING };

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
  bool sending;       /* a thread holds the call's turn: one chain at a time */
  uint8_t chain_kind; /* of the incoming chain, 0 between chains */
  struct buffer chain;
  struct request *requests;
};

extern slipway_verb worker_verbs[SLIPWAY_VERB_COUNT]; /* by load.c before READY, constant afterwards */

struct call *call_find(uint64_t id);              /* [locked] by wire id, or NULL */
struct call *call_open(uint64_t id);              /* [locked] NULL when the table is full */
bool call_was_open(uint64_t id);                  /* [locked] */
void call_ready(struct call *call);               /* [locked] its request is complete: it waits for a thread */
uint32_t calls_waiting(void);                     /* [locked] */
void call_run(void);                              /* [locked] runs the verb of the call that waits longest */
struct call *call_of(const slipway_call *handle); /* [locked] NULL unless the verb is running */
/* [locked] Waits until nobody sends for the call and at most `most` requests are open; takes the turn. NULL: closed. */
struct call *call_turn(const slipway_call *handle, uint32_t most);
void call_turn_end(struct call *call);               /* [locked] */
bool call_over(const struct call *call);             /* [locked] cancelled or past its deadline */
uint32_t call_remaining_ms(const struct call *call); /* [locked] */

/* ---- frames.c: what goes out ---- */

void frames_flush(void);  /* [locked] writes what is queued, as far as the socket has room */
bool frames_unsent(void); /* [locked] */
void frames_drain(void);  /* waits until everything queued is on the wire */
/* [locked] Queues a small message that costs no credit, or has credit already. Sending is the caller's. */
void frame_queue(uint8_t kind, uint64_t call, const void *payload, uint32_t length);
/* Queues LOG or PROGRESS within their budget, or counts it as dropped; never waits. handle NULL: of no call. */
int32_t frame_tell(uint8_t kind, const slipway_call *handle, const struct iovec *parts, int count);
/* [locked] A warning of the worker's own. */
void frame_warn(uint64_t call, const char *text);
/* Sends a message as a chain, waiting for credit. Lock NOT held; the caller holds the turn of
 * `call` (NULL: call 0). Reads the parts while it runs. */
void chain_send(struct call *call, uint8_t kind, const struct iovec *parts, int count);
void credit_returned(uint64_t call, uint32_t bytes); /* [locked] the host acknowledged payload */

/* ---- reader.c ---- */

void reader_allow_calls(void); /* READY is next */
void reader_read(void);        /* [locked] takes what has arrived, at most 64 KiB; one thread at a time */

/* ---- requests.c: HTTP through the host ---- */

int32_t service_http(slipway_call *, const slipway_http_request *, const slipway_http_response **);
void service_http_release(slipway_call *, const slipway_http_response *);
/* [locked] An HTTP message of the host; NULL, or what is wrong with it. */
const char *request_take(struct call *call, uint8_t kind, const unsigned char *payload, size_t length);
void requests_drop(struct call *call); /* [locked] the call is over */

/* ---- services.c ---- */

extern const slipway_host worker_host;
extern struct buffer worker_refusal; /* the plugin's reason, when it called refuse */
extern bool worker_refused;

/* ---- load.c ---- */

/* Loads and checks the plugin; sends READY, or sends REFUSED and exits 0. */
void load(const struct options *options);

#endif
