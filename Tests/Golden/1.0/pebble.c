#include "slipway_plugin.h"

#include <stdio.h>
#include <string.h>

static const slipway_host *host;

/* ---- JSON, the least that will do. A real plugin uses a library. ---------------------------- */

static slipway_span span(const char *text) {
  slipway_span s;
  s.bytes = (const uint8_t *)text;
  s.length = strlen(text);
  return s;
}

/* The text of the string member `key`, still escaped, so that it can be put into other JSON as it
 * is; empty where there is none. A quote inside a string is escaped: it cannot look like a key. */
static slipway_span member(slipway_span json, const char *key) {
  char wanted[64];
  slipway_span found = {NULL, 0};
  uint64_t at, end;
  int length = snprintf(wanted, sizeof wanted, "\"%s\":\"", key);
  if (length < 0 || (size_t)length >= sizeof wanted) return found;
  for (at = 0; at + (uint64_t)length <= json.length; at++) {
    if (memcmp(json.bytes + at, wanted, (size_t)length) != 0) continue;
    for (end = at += (uint64_t)length; end < json.length && json.bytes[end] != '"'; end++)
      if (json.bytes[end] == '\\') end++;
    if (end >= json.length) return found;
    found.bytes = json.bytes + at;
    found.length = end - at;
    return found;
  }
  return found;
}

static int is(slipway_span s, const char *text) {
  return s.length == strlen(text) && (s.length == 0 || memcmp(s.bytes, text, s.length) == 0);
}

static int same(slipway_span a, slipway_span b) {
  return a.length == b.length && a.length > 0 && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* Whether it may stand in a path or a query as it is. */
static int is_plain(slipway_span s) {
  uint64_t i;
  for (i = 0; i < s.length; i++) {
    uint8_t c = s.bytes[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) return 0;
  }
  return s.length > 0 && s.length <= 128;
}

#define S(span) (int)(span).length, (const char *)(span).bytes

static void reply(slipway_call *call, const char *json) { host->reply(call, span(json)); }

static void fail(slipway_call *call, int32_t code, const char *message, const char *remedy, int may_exist,
                 uint32_t retry_after_ms) {
  char json[640], wait[48] = "";
  if (retry_after_ms > 0) snprintf(wait, sizeof wait, ",\"retry_after_ms\":%lu", (unsigned long)retry_after_ms);
  snprintf(json, sizeof json, "{\"message\":\"%s\",\"remedy\":\"%s\",\"may_exist\":%s%s}", message, remedy,
           may_exist ? "true" : "false", wait);
  host->fail(call, code, span(json));
}

/* Whether a body is what Pebble sends, and whole: nothing is concluded from anything else. */
static int is_whole(slipway_span body) {
  return body.length >= 2 && ((body.bytes[0] == '{' && body.bytes[body.length - 1] == '}') ||
                              (body.bytes[0] == '[' && body.bytes[body.length - 1] == ']'));
}

/* ---- HTTP: performs a request; what is no answer, or a refusal, is told to the host here. ----- */

static const slipway_http_response *ask(slipway_call *call, const char *method, const char *path, const char *query,
                                        const char *body) {
  const slipway_http_response *response = NULL;
  int changes = strcmp(method, "GET") != 0;
  slipway_http_request request;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  request.endpoint = span("api");
  request.method = span(method);
  request.path = span(path);
  request.query = span(query);
  request.headers = span(changes ? "Content-Type: application/json\n" : "");
  request.body = span(body);
  if (host->http(call, &request, &response) < SLIPWAY_STATUS_OK) {
    fail(call, SLIPWAY_CANCELLED, "the call is over", "none", changes, 0);
  } else if (response->outcome == SLIPWAY_HTTP_NOT_SENT) {
    fail(call, response->retry_after_ms ? SLIPWAY_RATE_LIMITED : SLIPWAY_UNAVAILABLE, "not sent", "check the endpoint", 0,
         response->retry_after_ms);
  } else if (response->outcome != SLIPWAY_HTTP_ANSWERED || response->status >= 500) {
    fail(call, changes ? SLIPWAY_UNKNOWN_OUTCOME : SLIPWAY_UNAVAILABLE, "no answer that says what happened",
         "the host asks again", changes, 0);
  } else if (response->status == 401) {
    fail(call, SLIPWAY_UNAUTHENTICATED, "Pebble does not know the token", "make a new one", 0, 0);
  } else if (response->status == 403) {
    fail(call, SLIPWAY_FORBIDDEN, "the token may not do this", "give it write access", 0, 0);
  } else if (response->status == 409) {
    fail(call, SLIPWAY_NAME_TAKEN, "the name exists", "look whose it is", 0, 0);
  } else if (response->status == 429) {
    fail(call, SLIPWAY_RATE_LIMITED, "too many requests", "wait", 0, 1000);
  } else if (!changes && response->status < 400 && !is_whole(response->body)) {
    fail(call, SLIPWAY_UNAVAILABLE, "the answer is not Pebble's, or not whole", "the host asks again", 0, 0);
  } else if (response->status >= 400 && response->status != 404) {
    fail(call, SLIPWAY_INVALID_SPEC, "Pebble refused the request", "read its message", 0, 0);
  } else {
    return response; /* 2xx, 3xx or 404 */
  }
  return NULL;
}

/* The machine of that id; *found is 0 when Pebble says that there is none. 0: the call was answered. */
static int machine(slipway_call *call, slipway_span id, slipway_span *json, int *found) {
  char path[160];
  const slipway_http_response *response;
  if (!is_plain(id)) {
    fail(call, SLIPWAY_INVALID_SPEC, "external_id is not one of Pebble's", "none", 0, 0);
    return 0;
  }
  snprintf(path, sizeof path, "/machines/%.*s", S(id));
  response = ask(call, "GET", path, "", "");
  if (response == NULL) return 0;
  *found = response->status != 404;
  *json = response->body;
  return 1;
}

/* ---- Verbs ----------------------------------------------------------------------------------- */

static void validate(slipway_call *call, slipway_span request) {
  slipway_span type = member(request, "type");
  if (is(type, "small")) {
    reply(call, "{\"placements\":[{\"index\":0,\"type\":\"small\",\"location\":\"beach\",\"image_id\":\"debian-12\","
                "\"architecture\":\"x86_64\",\"vcpu\":1,\"memory_mb\":1024,\"disk_gb\":10,"
                "\"price\":{\"hourly\":\"0.01\",\"currency\":\"EUR\"}}]}");
  } else {
    host->fail(call, SLIPWAY_INVALID_SPEC,
               span("{\"message\":\"Pebble has no such type\",\"remedy\":\"take small\",\"may_exist\":false,\"violations\":[{\"path\":"
                    "\"placements[0].type\",\"message\":\"unknown\",\"allowed\":[\"small\"]}]}"));
  }
}

static void prepare(slipway_call *call, slipway_span request) {
  (void)request; /* Pebble takes the key from user_data. */
  reply(call, "{}");
}

static void provision(slipway_call *call, slipway_span request) {
  static const size_t room = 96 * 1024;
  char body[96 * 1024], json[256];
  slipway_span id = member(request, "external_id");
  const slipway_http_response *response;
  int length;
  if (id.length == 0) {
    length = snprintf(body, room, "{\"name\":\"%.*s\",\"attempt\":\"%.*s\",\"installation\":\"%.*s\",\"user_data\":\"%.*s\"}",
                      S(member(request, "name")), S(member(request, "attempt_id")),
                      S(member(request, "installation_id")), S(member(request, "user_data")));
    if (length < 0 || (size_t)length >= room) {
      fail(call, SLIPWAY_INVALID_SPEC, "user_data is too long", "use fewer keys", 0, 0);
      return;
    }
    response = ask(call, "POST", "/machines", "", body);
    if (response == NULL) return;
    id = member(response->body, "id");
    if (response->status == 404 || !is_plain(id)) {
      fail(call, SLIPWAY_UNKNOWN_OUTCOME, "the answer to the create cannot be read", "the host looks", 1, 0);
      return;
    }
  }
  if (!is_plain(id)) {
    fail(call, SLIPWAY_INVALID_SPEC, "external_id is not one of Pebble's", "none", 0, 0);
    return;
  }
  snprintf(json, sizeof json, "{\"external_id\":\"%.*s\",\"state\":\"pending\",\"poll_after_ms\":2000}", S(id));
  reply(call, json);
}

/* max_poll_batch is 1: there is exactly one entry. */
static void poll(slipway_call *call, slipway_span request) {
  slipway_span attempt = member(request, "attempt_id"), id = member(request, "external_id");
  slipway_span name = member(request, "name"), found_machine = {NULL, 0};
  int by_id = id.length > 0, found = 0;
  char query[160], json[768], observation[384] = "";
  if (by_id) {
    if (!machine(call, id, &found_machine, &found)) return;
  } else {
    const slipway_http_response *response;
    if (!is_plain(name)) {
      fail(call, SLIPWAY_INTERNAL, "the name is not one that a plugin of this cloud was given", "none", 0, 0);
      return;
    }
    snprintf(query, sizeof query, "name=%.*s", S(name));
    response = ask(call, "GET", "/machines", query, "");
    if (response == NULL) return;
    found_machine = response->body; /* names are unique: none or one */
    id = member(found_machine, "id");
    found = is_plain(id);
  }
  if (found && !same(member(found_machine, "attempt"), attempt)) {
    snprintf(json, sizeof json,
             "{\"results\":[{\"attempt_id\":\"%.*s\",\"failure_code\":\"NAME_TAKEN\",\"failure\":{\"message\":"
             "\"the machine does not carry our label\",\"may_exist\":false}}]}",
             S(attempt));
    reply(call, json);
    return;
  }
  if (found) {
    snprintf(observation, sizeof observation,
             "{\"external_id\":\"%.*s\",\"state\":\"%s\",\"addresses\":{\"ipv4\":\"%.*s\"}}", S(id),
             is(member(found_machine, "state"), "up") ? "running" : "pending", S(member(found_machine, "ip")));
  } else if (by_id) {
    snprintf(observation, sizeof observation, "{\"external_id\":\"%.*s\",\"state\":\"gone\"}", S(id));
  }
  snprintf(json, sizeof json,
           "{\"results\":[{\"attempt_id\":\"%.*s\",\"observations\":[%s],\"scope\":\"%s\",\"all_pages_read\":true,"
           "\"poll_after_ms\":2000}]}",
           S(attempt), observation, by_id ? "by_id" : "by_name");
  reply(call, json);
}

static void terminate(slipway_call *call, slipway_span request) {
  slipway_span id = member(request, "external_id"), json;
  int found = 0;
  char path[160];
  const slipway_http_response *response;
  if (!machine(call, id, &json, &found)) return;
  if (!found) {
    reply(call, "{\"state\":\"gone\"}");
  } else if (!same(member(json, "attempt"), member(request, "attempt_id"))) {
    fail(call, SLIPWAY_NAME_TAKEN, "the machine does not carry our label; nothing was done to it",
         "end it by hand, if it is yours", 0, 0);
  } else {
    snprintf(path, sizeof path, "/machines/%.*s", S(id));
    response = ask(call, "DELETE", path, "", "");
    if (response == NULL) return;
    reply(call, response->status == 404 ? "{\"state\":\"gone\"}"
                                        : "{\"state\":\"terminating\",\"poll_after_ms\":1000}");
  }
}

static void list(slipway_call *call, slipway_span request) {
  (void)request; /* Honest: we did not look, so nothing may be concluded from it. */
  reply(call, "{\"objects\":[],\"all_pages_read\":false}");
}

static void catalog(slipway_call *call, slipway_span request) {
  (void)request;
  reply(call, "{\"types\":[{\"name\":\"small\",\"vcpu\":1,\"memory_mb\":1024,\"disk_gb\":10,"
              "\"architecture\":\"x86_64\",\"offers\":[{\"location\":\"beach\",\"available\":true}]}]}");
}

static void self_test(slipway_call *call, slipway_span request) {
  char json[256];
  const slipway_http_response *response = ask(call, "GET", "/account", "", "");
  (void)request;
  if (response == NULL) return;
  snprintf(json, sizeof json, "{\"credential_valid\":true,\"account_identity\":\"%.*s\"}",
           S(member(response->body, "account")));
  reply(call, json);
}

/* ---- Entry ----------------------------------------------------------------------------------- */

static const char manifest[] =
    "{\"id\":\"pebble\",\"name\":\"Pebble\",\"version\":\"1.0.0\",\"unique_names\":true,\"max_poll_batch\":1,"
    "\"max_concurrency\":4,\"endpoints\":[{\"name\":\"api\",\"base_url\":\"https://api.pebble.invalid\","
    "\"auth\":{\"kind\":\"bearer\"}}],\"routes\":{\"provision\":[{\"method\":\"POST\",\"path\":\"/machines\"}],"
    "\"poll\":[{\"method\":\"GET\",\"path\":\"/machines\"},{\"method\":\"GET\",\"path\":\"/machines/{}\"}],"
    "\"terminate\":[{\"method\":\"GET\",\"path\":\"/machines/{external_id}\"},"
    "{\"method\":\"DELETE\",\"path\":\"/machines/{external_id}\"}],"
    "\"self_test\":[{\"method\":\"GET\",\"path\":\"/account\"}]}}";

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table;
  table.struct_size = sizeof table;
  table.abi_min = table.abi_max = SLIPWAY_ABI_VERSION;
  table.id = span("pebble");
  table.version = span("1.0.0");
  if (given->abi_min > SLIPWAY_ABI_VERSION || given->abi_max < SLIPWAY_ABI_VERSION) {
    given->refuse(given, span("pebble speaks ABI 1.0: rebuild it against this host's header"));
    return &table;
  }
  host = given;
  table.abi_chosen = SLIPWAY_ABI_VERSION;
  table.manifest = span(manifest);
  table.validate = validate;
  table.prepare = prepare;
  table.provision = provision;
  table.poll = poll;
  table.terminate = terminate;
  table.list = list;
  table.catalog = catalog;
  table.self_test = self_test;
  return &table;
}
