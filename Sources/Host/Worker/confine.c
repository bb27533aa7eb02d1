/* confine.c: what the worker takes away from itself before any plugin code runs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "worker.h"

static uint32_t enforced;

void confine_first(void) {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0) enforced |= SLIPWAY_ENFORCED_NOT_DUMPABLE;
  /* A core pattern that is a pipe ignores the limit; not being dumpable stops that one. */
  const struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) == 0) enforced |= SLIPWAY_ENFORCED_NO_CORE;
}

/* A closed standard descriptor would become the first file that the plugin opens. */
static void fill_standard_descriptors(void) {
  for (int descriptor = 0; descriptor < SLIPWAY_WIRE_FD; descriptor++) {
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) open("/dev/null", O_RDWR);
  }
}

/* Threads of the spawner may block signals or ignore them, and a child inherits both. */
static void reset_signals(void) {
  const struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
}

uint32_t confine(void) {
  reset_signals();
  fill_standard_descriptors();
  if (getsid(0) != getpid()) setsid(); /* the spawner's work; fails for a group leader, who has a group already */
  if (close_range(SLIPWAY_WIRE_FD + 1, ~0u, 0) == 0) enforced |= SLIPWAY_ENFORCED_CLOSED_FDS;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) enforced |= SLIPWAY_ENFORCED_NO_NEW_PRIVS;
  return enforced;
}
