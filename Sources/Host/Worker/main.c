/* main.c: slipway-worker PLUGIN.so, with the host's socket on descriptor 3.
 *
 * Exit status: 0 the host closed the socket or the plugin was refused, 64 wrong invocation,
 * 65 the host sent a frame that the wire's table does not allow, 70 out of memory or threads. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker.h"

/* SwiftPM links C programs with swiftc, which always names libswiftCore. Flags in Package.swift come too late
 * on the linker's command line to drop it; entries of this section come before. Only libc shall be loaded
 * here: a plugin brings its own Swift runtime. */
__asm__(".pushsection .swift1_autolink_entries,\"e\",@progbits\n.asciz \"-Wl,--as-needed\"\n.popsection");

static void check_invocation(int count, char **arguments) {
  if (count != 2 || strchr(arguments[1], '/') == NULL) {
    worker_end(EXIT_WRONG_USE,
               "wrong invocation. usage: slipway-worker PATH/PLUGIN.so, one path that holds a '/', with the host's "
               "socket on descriptor %d. `slipway serve` starts it; a person need not",
               SLIPWAY_WIRE_FD);
  }
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(SLIPWAY_WIRE_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) {
    worker_end(EXIT_WRONG_USE, "descriptor %d is not a stream socket. `slipway serve` starts this program with one",
               SLIPWAY_WIRE_FD);
  }
  /* The reader and the writer have a thread each: they wait in read and write. */
  const int flags = fcntl(SLIPWAY_WIRE_FD, F_GETFL);
  if (flags == -1 || fcntl(SLIPWAY_WIRE_FD, F_SETFL, flags & ~O_NONBLOCK) == -1) {
    worker_end(EXIT_WRONG_USE, "descriptor %d cannot be made blocking", SLIPWAY_WIRE_FD);
  }
}

int main(int count, char **arguments) {
  confine_first();
  check_invocation(count, arguments);
  const uint32_t enforced = confine();
  const uint32_t hello[3] = {SLIPWAY_WIRE_VERSION, (uint32_t)getpid(), enforced};
  pthread_mutex_lock(&worker_lock);
  frame_queue(SLIPWAY_WIRE_HELLO, 0, hello, sizeof hello);
  pthread_mutex_unlock(&worker_lock);
  frames_start();
  reader_start();
  frames_drain(); /* what was enforced is told before any plugin code runs */
  load(arguments[1], enforced);
  for (;;) pause(); /* the reader ends the process */
}
