/* evil_pebble.c: the C example of the documentation, turned bad: the account's setting "do" says how.
 *
 * The example is compiled in as it is; its verbs and the host's table are wrapped. */
#define _GNU_SOURCE
#define slipway_plugin_entry pebble_entry
#include "../../../Sources/Host/Templates/c/plugin.c"
#undef slipway_plugin_entry

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

SLIPWAY_EXPORT const slipway_plugin *slipway_plugin_entry(const slipway_host *host);

static const slipway_host *real;
/* The request that runs on this thread. */
static _Thread_local slipway_span asked;
static _Thread_local const char *verb;

static int does(const char *what) { return is(member(asked, "do"), what); }
static int runs(const char *name) { return strcmp(verb, name) == 0; }

static int starts(slipway_span json, uint64_t at, const char *text) {
  return json.length - at > strlen(text) && memcmp(json.bytes + at, text, strlen(text)) == 0;
}

/* Every number outside of strings becomes `number`. "index" keeps its own, or nothing would be meant by it; and the time of
 * the next look after a provision and a terminate, or the machine would be seen too late for a test. */
static char *with_numbers(slipway_span json, const char *number) {
  char *out = malloc(json.length * 24 + 1), *to = out;
  int in_string = 0, escaped = 0, keeps = 0;
  for (uint64_t i = 0; i < json.length; i++) {
    const char c = (char)json.bytes[i];
    if (!in_string && (isdigit((unsigned char)c) || c == '-')) {
      uint64_t end = i;
      while (end < json.length && (isdigit(json.bytes[end]) || strchr("-+.eE", json.bytes[end]))) end++;
      if (keeps) to += sprintf(to, "%.*s", (int)(end - i), (const char *)json.bytes + i);
      else to += sprintf(to, "%s", number);
      i = end - 1;
      continue;
    }
    if (c == '"' && !escaped) {
      in_string = !in_string;
      if (in_string) keeps = starts(json, i, "\"index\"") || (!runs("poll") && starts(json, i, "\"poll_after_ms\""));
    }
    escaped = in_string && c == '\\' && !escaped;
    *to++ = c;
  }
  *to = 0;
  return out;
}

static char *replaced(slipway_span json, const char *old, const char *fresh) {
  char *out = malloc(json.length + strlen(fresh) + 1);
  const uint8_t *at = memmem(json.bytes, json.length, old, strlen(old));
  const size_t head = at == NULL ? json.length : (size_t)(at - json.bytes);
  const size_t tail = at == NULL ? 0 : json.length - head - strlen(old);
  sprintf(out, "%.*s%s%.*s", (int)head, (const char *)json.bytes, at == NULL ? "" : fresh, (int)tail,
          (const char *)json.bytes + json.length - tail);
  return out;
}

static int32_t reply_numbers(slipway_call *call, slipway_span json, const char *number) {
  /* Numbers that Pebble does not send, and the host would take. */
  char *more = replaced(json, "\"currency\":\"EUR\"", "\"currency\":\"EUR\",\"granularity_s\":1,\"minimum_s\":1");
  char *ssh = replaced(span(more), "\"state\":\"running\"", "\"state\":\"running\",\"ssh\":{\"port\":1}");
  char *quota = replaced(span(ssh), "\"credential_valid\":true", "\"credential_valid\":true,\"quota_left\":{\"servers\":1}");
  char *pages = replaced(span(quota), "{\"results\"", "{\"pages\":1,\"results\"");
  char *total = replaced(span(pages), "{\"objects\"", "{\"total\":1,\"objects\"");
  char *all = with_numbers(span(total), number);
  const int32_t status = real->reply(call, span(all));
  free(more), free(ssh), free(quota), free(pages), free(total), free(all);
  return status;
}

static int32_t evil_reply(slipway_call *call, slipway_span json) {
  if (does("largest")) return reply_numbers(call, json, "9223372036854775807");
  if (does("smallest")) return reply_numbers(call, json, "-9223372036854775808");
  if (does("never look") && runs("provision")) {
    char *far = replaced(json, ":2000}", ":9223372036854775807}");
    const int32_t status = real->reply(call, span(far));
    free(far);
    return status;
  }
  if (does("crash after create") && runs("provision")) abort();
  if (does("late") && runs("provision")) {
    while (real->cancelled(call) == 0) nanosleep(&(struct timespec){0, 2000000}, NULL);
    nanosleep(&(struct timespec){0, 500000000}, NULL); /* the host has given the call up by now */
    return real->reply(call, json);
  }
  if (does("same twice") && runs("poll") && is(member(asked, "expect"), "present")) {
    /* [X] becomes [X,X]: X stands between the first [ and the last ]. */
    const uint8_t *from = memchr(json.bytes, '[', json.length), *to = memrchr(json.bytes, ']', json.length);
    char *twice = malloc(json.length * 2 + 2);
    const int head = (int)(from + 1 - json.bytes), body = (int)(to - from - 1);
    sprintf(twice, "%.*s%.*s,%.*s]}", head, (const char *)json.bytes, body, (const char *)from + 1, body,
            (const char *)from + 1);
    const int32_t status = real->reply(call, span(twice));
    free(twice);
    return status;
  }
  return real->reply(call, json);
}

/* ---- self_test: answers that are none ---- */

static int answers_badly(slipway_call *call) {
  const size_t large = 5u << 20;
  char *bytes;
  if (does("half")) real->reply(call, span("{\"credential_valid\":tr"));
  else if (does("no UTF-8")) real->reply(call, span("{\"credential_valid\":true,\"account_identity\":\"\xff\xfe\x80\"}"));
  else if (does("empty")) real->reply(call, span(""));
  else if (does("deep") || does("5 MB")) {
    bytes = malloc(large);
    memset(bytes, does("deep") ? '[' : ' ', large);
    real->reply(call, (slipway_span){(const uint8_t *)bytes, does("deep") ? 100000 : large});
    free(bytes);
  } else {
    return 0;
  }
  return 1;
}

/* ---- self_test: requests that are not allowed; the answer is the host's own words ---- */

static int asks_badly(slipway_call *call) {
  slipway_http_request request = {.struct_size = sizeof request,
                                  .endpoint = span("api"),
                                  .method = span("GET"),
                                  .path = span("/account")};
  if (does("undeclared")) request.endpoint = span("elsewhere");
  else if (does("dots")) request.path = span("/machines/../account");
  else if (does("at")) request.path = span("@127.0.0.9/account");
  else if (does("CRLF")) request.headers = span("Accept: text/html\r\nX-Forged: 1\n");
  else if (does("host")) request.headers = span("Host: other.invalid\n");
  else if (does("authorization")) request.headers = span("Authorization: Bearer stolen\n");
  else if (does("POST in self_test")) request.method = span("POST");
  else return 0;
  const slipway_http_response *response = NULL;
  char words[512] = "no answer at all", json[700];
  const int32_t status = real->http(call, &request, &response);
  if (status < 0) snprintf(words, sizeof words, "http() said %d", status);
  else if (response->outcome != SLIPWAY_HTTP_NOT_SENT) snprintf(words, sizeof words, "IT WAS SENT");
  else snprintf(words, sizeof words, "refused by the host: %.*s", S(response->error));
  for (char *c = words; *c != 0; c++) {
    if (*c == '"' || *c == '\\' || (unsigned char)*c < 32) *c = '\'';
  }
  snprintf(json, sizeof json, "{\"message\":\"%s\",\"remedy\":\"none\",\"may_exist\":false}", words);
  real->fail(call, SLIPWAY_INVALID_SPEC, span(json));
  return 1;
}

/* Sends a second create while it looks, and goes on as if nothing were. */
static void posts_in_poll(slipway_call *call) {
  const slipway_http_request request = {.struct_size = sizeof request,
                                        .endpoint = span("api"),
                                        .method = span("POST"),
                                        .path = span("/machines"),
                                        .headers = span("Content-Type: application/json\n"),
                                        .body = span("{\"name\":\"second\",\"attempt\":\"none\"}")};
  const slipway_http_response *response = NULL;
  real->http(call, &request, &response);
}

/* Ends its own machine, and whatever else there may be. */
static void deletes_all(slipway_call *call) {
  for (int number = 1; number < 10; number++) {
    char path[64];
    snprintf(path, sizeof path, "/machines/m-%d", number);
    const slipway_http_request request = {
        .struct_size = sizeof request, .endpoint = span("api"), .method = span("DELETE"), .path = span(path)};
    const slipway_http_response *response = NULL;
    real->http(call, &request, &response);
  }
}

static const slipway_plugin *good;

#define WRAP(name)                                                   \
  static void evil_##name(slipway_call *call, slipway_span request) { \
    asked = request;                                                 \
    verb = #name;                                                    \
    if (before(call)) return;                                        \
    good->name(call, request);                                       \
  }

static int before(slipway_call *call) {
  if (runs("self_test")) return answers_badly(call) || asks_badly(call);
  if (runs("poll") && does("POST in poll")) posts_in_poll(call);
  if (runs("terminate") && does("deletes others")) deletes_all(call);
  if (runs("poll") && does("late") && member(asked, "external_id").length == 0) {
    real->fail(call, SLIPWAY_UNAVAILABLE, span("{\"message\":\"names cannot be looked up\",\"remedy\":\"none\"}"));
    return 1;
  }
  return 0;
}

WRAP(validate)
WRAP(prepare)
WRAP(provision)
WRAP(poll)
WRAP(terminate)
WRAP(list)
WRAP(catalog)
WRAP(self_test)

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_host wrapped;
  static slipway_plugin table;
  real = given;
  wrapped = *given;
  wrapped.reply = evil_reply;
  good = pebble_entry(&wrapped);
  table = *good;
  /* No routes: the rules that hold for every plugin are what is tried. */
  table.manifest = span("{\"id\":\"pebble\",\"name\":\"Pebble\",\"version\":\"1.0.0\",\"unique_names\":true,"
                        "\"max_poll_batch\":1,\"max_concurrency\":4,\"endpoints\":[{\"name\":\"api\","
                        "\"base_url\":\"https://api.pebble.invalid\",\"auth\":{\"kind\":\"bearer\"}}]}");
  table.validate = evil_validate;
  table.prepare = evil_prepare;
  table.provision = evil_provision;
  table.poll = evil_poll;
  table.terminate = evil_terminate;
  table.list = evil_list;
  table.catalog = evil_catalog;
  table.self_test = evil_self_test;
  return &table;
}
