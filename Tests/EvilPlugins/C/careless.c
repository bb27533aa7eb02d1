/* careless.c: breaks the requirement that FAULT names, and sends a request in each verb first. */
#define _GNU_SOURCE
#include "plugin.h"

static const slipway_host *host;

static void careless(slipway_call *call, slipway_span request) {
  (void)request;
#if defined(TRUSTS_COOKIES)
  if (memmem(request.bytes, request.length, "\"cookie\"", 8) != NULL) {
    return (void)host->fail(call, SLIPWAY_INTERNAL, SPAN("{\"message\":\"a cookie of another version\"}"));
  }
#endif
  const slipway_http_response *response = NULL;
  slipway_http_request wanted = {.struct_size = sizeof wanted,
                                 .endpoint = SPAN("api"),
                                 .method = SPAN("GET"),
                                 .path = SPAN("/things"),
                                 .headers = SPAN("Accept: application/json\n")};
#if defined(WRITES)
  wanted.method = SPAN("DELETE");
#elif defined(STRANGE_PATH)
  wanted.path = SPAN("/things/../secrets");
#elif defined(UNDECLARED)
  wanted.endpoint = SPAN("elsewhere");
#endif
  host->http(call, &wanted, &response);
#if defined(GONE)
  host->reply(call, SPAN("{\"results\":[{\"attempt_id\":\"01J00000000000000000CHECK1\",\"scope\":\"by_id\","
                         "\"all_pages_read\":true,\"observations\":[{\"external_id\":\"1\",\"state\":\"gone\"}]}],"
                         "\"state\":\"gone\",\"objects\":[],\"all_pages_read\":true,\"credential_valid\":true}"));
#elif defined(SILENT)
  (void)response;
#elif defined(CRASHES)
  *(volatile int *)16 = 1;
#elif defined(NO_MESSAGE)
  host->fail(call, SLIPWAY_UNAVAILABLE, SPAN("{\"message\":\"\"}"));
#else
  host->fail(call, SLIPWAY_UNAVAILABLE, SPAN("{\"message\":\"no\",\"remedy\":\"none\",\"retry_after_ms\":1000}"));
#endif
}

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table = TABLE(careless);
  host = given;
  table.manifest = SPAN("{\"id\":\"evil\",\"name\":\"Evil\",\"version\":\"1.0.0\",\"max_concurrency\":2,"
                        "\"endpoints\":[{\"name\":\"api\",\"base_url\":\"https://evil.invalid\","
                        "\"auth\":{\"kind\":\"bearer\"}}]}");
  return &table;
}
