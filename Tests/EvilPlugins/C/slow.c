/* slow.c: a constructor that takes SECONDS, or for ever. */
#include <poll.h>
#include <unistd.h>

#include "plugin.h"

__attribute__((constructor)) static void construct(void) {
#ifdef SECONDS
  sleep(SECONDS);
#else
  for (;;) poll(NULL, 0, -1);
#endif
}

static void verb(slipway_call *call, slipway_span request) { (void)call, (void)request; }

const slipway_plugin *slipway_plugin_entry(const slipway_host *host) {
  static const slipway_plugin plugin = TABLE(verb);
  (void)host;
  return &plugin;
}
