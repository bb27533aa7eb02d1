/* throws.cpp: an exception leaves each verb. */
#include <cstring>

#include "slipway_plugin.h"

static slipway_span span(const char *text) { return {reinterpret_cast<const uint8_t *>(text), std::strlen(text)}; }

static const slipway_host *host;

static void verb(slipway_call *call, slipway_span request) {
  if (request.length > 0 && request.bytes[0] == 't') throw 42;
  host->reply(call, span("as ever"));
}

extern "C" const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table = {};
  host = given;
  table.struct_size = sizeof table;
  table.abi_min = table.abi_max = table.abi_chosen = SLIPWAY_ABI_VERSION;
  table.id = span("test");
  table.version = span("1.0.0");
  table.manifest = span("{\"id\":\"test\",\"name\":\"Throws\",\"version\":\"1.0.0\"}");
  table.validate = table.prepare = table.provision = table.poll = verb;
  table.terminate = table.list = table.catalog = table.self_test = verb;
  return &table;
}
