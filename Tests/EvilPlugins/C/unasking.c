/* unasking.c: sends no request in any verb. validate does what a macro says; the other verbs answer as they should. */
#include "plugin.h"

static const slipway_host *host;

static void proper(slipway_call *call, slipway_span request) {
  (void)request;
  host->fail(call, SLIPWAY_UNAVAILABLE, SPAN("{\"message\":\"no\",\"remedy\":\"none\"}"));
}

static void validate(slipway_call *call, slipway_span request) {
#if defined(SILENT)
  (void)call;
  (void)request;
#elif defined(TWICE)
  proper(call, request);
  proper(call, request);
#elif defined(RUBBISH)
  (void)request;
  host->reply(call, SPAN("[[[["));
#elif defined(FOREIGN)
  (void)request;
  host->reply(call, SPAN("{\"objects\":[]}"));
#elif defined(NO_REMEDY)
  (void)request;
  host->fail(call, SLIPWAY_UNAVAILABLE, SPAN("{\"message\":\"no\"}"));
#elif defined(LOOPS)
  (void)call;
  (void)request;
  for (volatile int turns = 0;; turns = 1) (void)turns;
#else
  proper(call, request);
#endif
}

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table = TABLE(proper);
  host = given;
  table.validate = validate;
  return &table;
}
