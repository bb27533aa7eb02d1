/* main.c: slipway-worker [OPTIONS] PLUGIN.so, with the host's socket on descriptor 3.
 *
 * Exit status: 0 the host closed the socket or the plugin was refused, 64 wrong invocation,
 * 65 the host sent a frame that the wire's table does not allow, 70 out of memory or threads. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker.h"

/* SwiftPM links C programs with swiftc, which always names libswiftCore. Flags in Package.swift come too late
 * on the linker's command line to drop it; entries of this section come before. Only libc shall be loaded
 * here: a plugin brings its own Swift runtime. */
__asm__(".pushsection .swift1_autolink_entries,\"e\",@progbits\n.asciz \"-Wl,--as-needed\"\n.popsection");

static bool read_option(struct options *options, const char *word) {
  if (strncmp(word, "--libraries=", 12) == 0) options->libraries = word + 12;
  else if (strncmp(word, "--memory-mib=", 13) == 0) options->memory = strtoull(word + 13, NULL, 10) << 20;
  else if (strcmp(word, "--direct") == 0) options->direct = true;
  else if (strcmp(word, "--required") == 0) options->required = true;
  else if (strcmp(word, "--cgroup") == 0) options->cgroup = true;
  else return false;
  return true;
}

static struct options check_invocation(int count, char **words) {
  struct options options = {.plugin = "", .libraries = "", .memory = UINT64_C(512) << 20};
  int first = 1;
  while (first < count && read_option(&options, words[first])) first++;
  if (first != count - 1 || strchr(words[first], '/') == NULL) {
    worker_end(EXIT_WRONG_USE,
               "wrong invocation. usage: slipway-worker [--libraries=DIR:DIR] [--memory-mib=N] [--direct] [--required] [--cgroup] "
               "PATH/PLUGIN.so, one path that holds a '/', with the host's socket on descriptor %d. `slipway serve` "
               "starts it; a person need not", SLIPWAY_WIRE_FD);
  }
  options.plugin = words[first];
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(SLIPWAY_WIRE_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
    worker_end(EXIT_WRONG_USE, "descriptor %d is not a stream socket. `slipway serve` starts this program with one",
               SLIPWAY_WIRE_FD);
  }
  /* Nobody waits in read and write: who reads waits in poll, and who writes leaves what has no room. */
  const int flags = fcntl(SLIPWAY_WIRE_FD, F_GETFL);
  if (flags == -1 || fcntl(SLIPWAY_WIRE_FD, F_SETFL, flags | O_NONBLOCK) == -1) {
    worker_end(EXIT_WRONG_USE, "descriptor %d cannot be made non-blocking", SLIPWAY_WIRE_FD);
  }
  return options;
}

int main(int count, char **words) {
  const struct options options = check_invocation(count, words);
  sandbox_enter(&options);
  fatal_signals();
  struct slipway_wire_hello hello = {SLIPWAY_WIRE_VERSION, (uint32_t)getpid(), sandbox_landlock, {0}};
  memcpy(hello.missing, sandbox_missing, sizeof hello.missing);
  pthread_mutex_lock(&worker_lock);
  frame_queue(SLIPWAY_WIRE_HELLO, 0, &hello, sizeof hello);
  pthread_mutex_unlock(&worker_lock);
  crew_start();
  frames_drain(); /* what was enforced is told before any plugin code runs */
  load(&options);
  for (;;) poll(NULL, 0, -1); /* the crew ends the process */
}
