/* crew.c: the threads, all alike. A free one does what is to be done: runs a call that waits, sends what
 * is queued, reads; and rests when others do all that.
 *
 * The thread that reads a call runs it as well, and sends the answer with the verb's return in one write:
 * a quick call wakes nobody. So that a slow one stops nobody, a thread enters a verb only when another one
 * reads, is on its way, or watches: while calls flow, one resting thread rises every millisecond and takes
 * over what it finds left, which is reading, calls that wait and answers that are not sent yet. When no call
 * ran in such a millisecond, nobody watches, and an idle worker sleeps without a timer. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "worker.h"

#define MAX_THREADS (MAX_CALLS + 2) /* each call, one that reads, one that waits for room to write */
#define WATCH_NS 1000000

static pthread_cond_t rested = PTHREAD_COND_INITIALIZER;
static uint32_t threads, resting;
static bool reading, awaiting_room; /* a thread does */
static bool coming;                 /* one was called, and is not here yet */
static bool watching;               /* one rests for a millisecond at most */
static uint64_t runs, runs_watched; /* calls run so far, and when watching last began */

static void *crew_run(void *unused);

/* [locked] Gets a free thread; false when none is left and none can be started. */
static bool call_somebody(void) {
  if (coming) return true;
  if (resting > 0) {
    pthread_cond_signal(&rested);
  } else {
    if (threads == MAX_THREADS || !thread_start(crew_run, CALL_STACK)) return false;
    threads++;
  }
  return coming = true;
}

bool crew_covers(void) { return watching || coming; }

void crew_send(void) {
  frames_flush();
  if (frames_unsent()) call_somebody();
}

void crew_relieve(void) {
  if (!reading) call_somebody();
}

/* [locked] Whether this thread may enter a verb now: without threads to spare a call waits, and reading goes on. */
static bool may_run(void) {
  if (calls_waiting() == 0) return false;
  if (reading && calls_waiting() == 1) return true;
  return crew_covers() || call_somebody();
}

static void rest(void) {
  resting++;
  if (!watching && runs != runs_watched) {
    runs_watched = runs;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WATCH_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    watching = true;
    pthread_cond_clockwait(&rested, &worker_lock, CLOCK_MONOTONIC, &until);
    watching = false;
  } else {
    pthread_cond_wait(&rested, &worker_lock);
  }
  resting--;
}

/* [locked] Waits for frames where nobody reads, and for room where nobody waits for it; false when others do. */
static bool serve_socket(void) {
  const bool in = !reading, out = frames_unsent() && !awaiting_room;
  if (!in && !out) return false;
  reading |= in;
  awaiting_room |= out;
  struct pollfd wire = {.fd = SLIPWAY_WIRE_FD, .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0))};
  pthread_mutex_unlock(&worker_lock);
  if (poll(&wire, 1, -1) < 0 && errno != EINTR) {
    worker_end(EXIT_WRONG_FRAME, "descriptor %d cannot be waited for: %s", SLIPWAY_WIRE_FD, strerror(errno));
  }
  pthread_mutex_lock(&worker_lock);
  if (out) awaiting_room = false;
  if (!in) return true;
  if ((wire.revents & ~POLLOUT) != 0) reader_read(); /* hang-up and error are read, too */
  reading = false;
  return true;
}

static void *crew_run(void *unused) {
  char signal_stack[SIGNAL_STACK]; /* at the far end of the stack from where it overflows */
  (void)unused;
  fatal_stack(signal_stack);
  pthread_mutex_lock(&worker_lock);
  for (;;) {
    coming = false;
    frames_flush(); /* first of all, so that no answer waits behind calls */
    do {
      while (may_run()) {
        runs++;
        call_run();
        if (!crew_covers()) frames_flush();
      }
      frames_flush();
    } while (serve_socket());
    rest();
  }
}

void crew_start(void) {
  pthread_mutex_lock(&worker_lock);
  if (!call_somebody()) worker_end(EXIT_NO_RESOURCES, "the first thread cannot be started");
  pthread_mutex_unlock(&worker_lock);
}
