/* operated.c: a small plugin for what operators do. BUILD=N makes another version; other macros make it misbehave. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slipway_plugin.h"

#ifndef BUILD
#define BUILD 1
#endif
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define VERSION TEXT(BUILD) ".0.0"
#ifdef MOVED
#define BASE "https://elsewhere.test/v1"
#else
#define BASE "https://api.test/v1"
#endif
#ifdef STRICT
#define SCHEMA "{\"type\":\"object\",\"required\":[\"zone\"]}"
#else
#define SCHEMA "{\"type\":\"object\"}"
#endif
#ifdef DIRECT
#define NETWORK ",\"network\":\"direct\""
#else
#define NETWORK ""
#endif
#define MANIFEST                                                                                                 \
  "{\"id\":\"operated\",\"name\":\"Operated\",\"version\":\"" VERSION "\",\"settings_schema\":" SCHEMA           \
  NETWORK ",\"endpoints\":[{\"name\":\"api\",\"base_url\":\"" BASE "\",\"auth\":{\"kind\":\"bearer\"}}]}"

static const slipway_host *host;

static slipway_span span(const char *text) { return (slipway_span){(const uint8_t *)text, strlen(text)}; }

static void self_test(slipway_call *call, slipway_span request) {
  (void)request;
#ifdef TEST_CRASHES
  raise(SIGSEGV);
#endif
#ifdef DIRECT
  /* It does its own networking, and cannot without the credential. */
  if (memmem(request.bytes, request.length, "\"credential\":\"secret\"", 21) == NULL) {
    return (void)host->fail(call, SLIPWAY_INTERNAL, span("{\"message\":\"no credential in the settings\"}"));
  }
#endif
#ifdef TATTLES
  if (memmem(request.bytes, request.length, "secret", 6) != NULL) {
    return (void)host->fail(call, SLIPWAY_INTERNAL, span("{\"message\":\"the host told a secret\"}"));
  }
#endif
#ifdef TEST_DENIED
  host->fail(call, SLIPWAY_UNAUTHENTICATED, span("{\"message\":\"who are you\"}"));
#elif defined(TEST_GARBAGE)
  host->reply(call, span("garbage"));
#elif defined(TEST_UNAVAILABLE)
  host->fail(call, SLIPWAY_UNAVAILABLE, span("{\"message\":\"the cloud is down\"}"));
#else
  host->reply(call, span("{\"credential_valid\":true,\"account_identity\":\"project-1\"}"));
#endif
}

static void verb(slipway_call *call, slipway_span request) {
  (void)request;
  host->fail(call, SLIPWAY_UNAVAILABLE, span("{\"message\":\"" VERSION "\"}"));
}

SLIPWAY_EXPORT const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin plugin;
  host = given;
#ifdef DIES
  abort();
#endif
  plugin.struct_size = sizeof plugin;
  plugin.abi_min = plugin.abi_max = plugin.abi_chosen = SLIPWAY_ABI_VERSION;
  plugin.id = span("operated");
  plugin.version = span(VERSION);
  plugin.manifest = span(MANIFEST);
  plugin.validate = plugin.prepare = plugin.provision = plugin.poll = verb;
  plugin.terminate = plugin.list = plugin.catalog = verb;
  plugin.self_test = self_test;
  return &plugin;
}
