/* plugin.h: what the test plugins share: spans of literals, and a table with every verb. */
#ifndef EVIL_PLUGIN_H
#define EVIL_PLUGIN_H

#include <string.h>

#include "slipway_plugin.h"

#define SPAN(text) ((slipway_span){(const uint8_t *)(text), strlen(text)})

#ifdef CONCURRENCY
#define LITERALLY(value) #value
#define EXPANDED(macro) LITERALLY(macro)
#define LIMITS ",\"max_concurrency\":" EXPANDED(CONCURRENCY)
#else
#define LIMITS ""
#endif

#define MANIFEST "{\"id\":\"evil\",\"name\":\"Evil\",\"version\":\"1.0.0\"" LIMITS "}"

#define TABLE(verb)                                                                              \
  {                                                                                              \
    .struct_size = sizeof(slipway_plugin), .abi_min = SLIPWAY_ABI_VERSION,                       \
    .abi_max = SLIPWAY_ABI_VERSION, .abi_chosen = SLIPWAY_ABI_VERSION,                           \
    .id = {(const uint8_t *)"evil", 4}, .version = {(const uint8_t *)"1.0.0", 5},                \
    .manifest = {(const uint8_t *)MANIFEST, sizeof MANIFEST - 1}, .validate = verb,              \
    .prepare = verb, .provision = verb, .poll = verb, .terminate = verb, .list = verb,           \
    .catalog = verb, .self_test = verb                                                           \
  }

#endif
