// Pebble: POST /machines, GET /machines/{id}, GET /machines?name=, DELETE /machines/{id}, GET /account.
//
// Each verb asks the cloud once and answers; the host waits, retries and remembers.
#include "slipway_plugin.h"

#include <string>
#include <string_view>

namespace {

using std::string;
using std::string_view;

const slipway_host *host = nullptr;

slipway_span span(string_view text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

string_view view(slipway_span span) {
  return {reinterpret_cast<const char *>(span.bytes), static_cast<size_t>(span.length)};
}

// ---- JSON, the least that will do. A real plugin uses a library. ---------------------------------

// The text of the string member `key`, still escaped, so that it can be put into other JSON as it is; empty
// where there is none. A quote inside a string is escaped: it cannot look like a key.
string_view member(string_view json, string_view key) {
  const string wanted = '"' + string(key) + "\":\"";
  const size_t found = json.find(wanted);
  if (found == string_view::npos) return {};
  const size_t start = found + wanted.size();
  for (size_t end = start; end < json.size(); end++) {
    if (json[end] == '\\') {
      end++;
    } else if (json[end] == '"') {
      return json.substr(start, end - start);
    }
  }
  return {};
}

string pair(string_view key, string_view value) { return '"' + string(key) + "\":\"" + string(value) + '"'; }

// Whether it may stand in a path or a query as it is.
bool is_plain(string_view text) {
  const string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  return !text.empty() && text.size() <= 128 && text.find_first_not_of(allowed) == string_view::npos;
}

// Whether a body is what Pebble sends, and whole: nothing is concluded from anything else.
bool is_whole(string_view body) {
  return body.size() >= 2 && ((body.front() == '{' && body.back() == '}') || (body.front() == '[' && body.back() == ']'));
}

// ---- Failures are thrown by verbs, and told to the host at their boundary. --------------------------

struct Failure {
  int32_t code;
  string message, remedy;
  bool may_exist = false;
  uint32_t retry_after_ms = 0;
  string violations = "[]";

  string json() const {
    string text = "{" + pair("message", message) + "," + pair("remedy", remedy) +
                  ",\"may_exist\":" + (may_exist ? "true" : "false") + ",\"violations\":" + violations;
    if (retry_after_ms > 0) text += ",\"retry_after_ms\":" + std::to_string(retry_after_ms);
    return text + "}";
  }
};

// ---- HTTP --------------------------------------------------------------------------------------------

struct Answer {
  int status;
  string_view body;  // the host's, valid until the verb returns

  bool is_missing() const { return status == 404; }
};

// Performs a request. Returns 2xx, 3xx and 404; throws everything else as what it is.
Answer ask(slipway_call *call, string_view method, string_view path, string_view query = "", string_view body = "") {
  const bool changes = method != "GET";
  slipway_http_request request = {};
  request.struct_size = sizeof request;
  request.endpoint = span("api");
  request.method = span(method);
  request.path = span(path);
  request.query = span(query);
  request.headers = span(changes ? "Content-Type: application/json\n" : "");
  request.body = span(body);
  const slipway_http_response *response = nullptr;
  if (host->http(call, &request, &response) < SLIPWAY_STATUS_OK) {
    throw Failure{SLIPWAY_CANCELLED, "the call is over", "none", changes};
  }
  if (response->outcome == SLIPWAY_HTTP_NOT_SENT) {
    throw Failure{response->retry_after_ms > 0 ? SLIPWAY_RATE_LIMITED : SLIPWAY_UNAVAILABLE, "not sent",
                  "check the endpoint", false, response->retry_after_ms};
  }
  const int status = response->status;
  if (response->outcome != SLIPWAY_HTTP_ANSWERED || status >= 500) {
    throw Failure{changes ? SLIPWAY_UNKNOWN_OUTCOME : SLIPWAY_UNAVAILABLE, "no answer that says what happened",
                  "the host asks again", changes};
  }
  if (status == 401) throw Failure{SLIPWAY_UNAUTHENTICATED, "Pebble does not know the token", "make a new one"};
  if (status == 403) throw Failure{SLIPWAY_FORBIDDEN, "the token may not do this", "give it write access"};
  if (status == 409) throw Failure{SLIPWAY_NAME_TAKEN, "the name exists", "look whose it is"};
  if (status == 429) throw Failure{SLIPWAY_RATE_LIMITED, "too many requests", "wait", false, 1000};
  if (status >= 400 && status != 404) throw Failure{SLIPWAY_INVALID_SPEC, "Pebble refused", "read its message"};
  const Answer answer = {status, view(response->body)};
  if (!changes && status < 400 && !is_whole(answer.body)) {
    throw Failure{SLIPWAY_UNAVAILABLE, "the answer is not Pebble's, or not whole", "the host asks again"};
  }
  return answer;
}

// The machine of that id, or an answer that is_missing.
Answer machine(slipway_call *call, string_view id) {
  if (!is_plain(id)) throw Failure{SLIPWAY_INVALID_SPEC, "external_id is not one of Pebble's", "none"};
  return ask(call, "GET", "/machines/" + string(id));
}

// ---- Verbs: a JSON reply, or a Failure -----------------------------------------------------------------

string validate(slipway_call *, string_view request) {
  if (member(request, "type") != "small") {
    throw Failure{SLIPWAY_INVALID_SPEC, "Pebble has no such type", "take small", false, 0,
                  R"([{"path":"placements[0].type","message":"unknown","allowed":["small"]}])"};
  }
  return R"({"placements":[{"index":0,"type":"small","location":"beach","image_id":"debian-12",)"
         R"("architecture":"x86_64","vcpu":1,"memory_mb":1024,"disk_gb":10,)"
         R"("price":{"hourly":"0.01","currency":"EUR"}}]})";
}

// Pebble takes the key from user_data.
string prepare(slipway_call *, string_view) { return "{}"; }

string provision(slipway_call *call, string_view request) {
  string_view id = member(request, "external_id");
  if (id.empty()) {
    const string body = "{" + pair("name", member(request, "name")) + "," +
                        pair("attempt", member(request, "attempt_id")) + "," +
                        pair("installation", member(request, "installation_id")) + "," +
                        pair("user_data", member(request, "user_data")) + "}";
    const Answer made = ask(call, "POST", "/machines", "", body);
    id = member(made.body, "id");
    if (made.is_missing() || !is_plain(id)) {
      throw Failure{SLIPWAY_UNKNOWN_OUTCOME, "the answer to the create cannot be read", "the host looks", true};
    }
  }
  if (!is_plain(id)) throw Failure{SLIPWAY_INVALID_SPEC, "external_id is not one of Pebble's", "none"};
  return "{" + pair("external_id", id) + R"(,"state":"pending","poll_after_ms":2000})";
}

// max_poll_batch is 1: there is exactly one entry.
string poll(slipway_call *call, string_view request) {
  const string_view attempt = member(request, "attempt_id");
  string_view id = member(request, "external_id");
  const bool by_id = !id.empty();
  const string head = "{\"results\":[{" + pair("attempt_id", attempt);
  Answer found = {404, ""};
  if (by_id) {
    found = machine(call, id);
  } else {
    const string_view name = member(request, "name");
    if (!is_plain(name)) throw Failure{SLIPWAY_INTERNAL, "the name is not one that this plugin was given", "none"};
    const Answer named = ask(call, "GET", "/machines", "name=" + string(name));
    id = member(named.body, "id");  // names are unique: none or one
    if (is_plain(id)) found = named;
  }
  string observations;
  if (!found.is_missing()) {
    if (member(found.body, "attempt") != attempt) {
      return head + R"(,"failure_code":"NAME_TAKEN","failure":{"message":"the machine does not carry our label",)"
                    R"("remedy":"look whose it is","may_exist":false}}]})";
    }
    const bool is_up = member(found.body, "state") == "up";
    observations = "{" + pair("external_id", id) + "," + pair("state", is_up ? "running" : "pending") +
                   ",\"addresses\":{" + pair("ipv4", member(found.body, "ip")) + "}}";
  } else if (by_id) {
    observations = "{" + pair("external_id", id) + R"(,"state":"gone"})";
  }
  return head + ",\"observations\":[" + observations + "]," + pair("scope", by_id ? "by_id" : "by_name") +
         R"(,"all_pages_read":true,"poll_after_ms":2000}]})";
}

string terminate(slipway_call *call, string_view request) {
  const string_view id = member(request, "external_id");
  const Answer found = machine(call, id);
  if (found.is_missing()) return R"({"state":"gone"})";
  const string_view attempt = member(request, "attempt_id");
  if (attempt.empty() || member(found.body, "attempt") != attempt) {
    throw Failure{SLIPWAY_NAME_TAKEN, "the machine does not carry our label; nothing was done to it",
                  "end it by hand, if it is yours"};
  }
  const Answer deleted = ask(call, "DELETE", "/machines/" + string(id));
  return deleted.is_missing() ? R"({"state":"gone"})" : R"({"state":"terminating","poll_after_ms":1000})";
}

// Honest: nothing was read, so nothing may be concluded from it.
string list(slipway_call *, string_view) { return R"({"objects":[],"all_pages_read":false})"; }

string catalog(slipway_call *, string_view) {
  return R"({"types":[{"name":"small","vcpu":1,"memory_mb":1024,"disk_gb":10,"architecture":"x86_64",)"
         R"("offers":[{"location":"beach","available":true}]}]})";
}

string self_test(slipway_call *call, string_view) {
  const Answer account = ask(call, "GET", "/account");
  if (account.is_missing()) throw Failure{SLIPWAY_UNAVAILABLE, "Pebble has no /account", "check the endpoint"};
  return R"({"credential_valid":true,)" + pair("account_identity", member(account.body, "account")) + "}";
}

// ---- Boundary: no exception leaves a verb ----------------------------------------------------------------

using Verb = string (*)(slipway_call *, string_view);

template <Verb verb>
void guarded(slipway_call *call, slipway_span request) noexcept {
  try {
    const string reply = verb(call, view(request));
    host->reply(call, span(reply));
  } catch (const Failure &failure) {
    const string json = failure.json();
    host->fail(call, failure.code, span(json));
  } catch (...) {
    host->fail(call, SLIPWAY_INTERNAL, span(R"({"message":"an exception nobody expected"})"));
  }
}

constexpr char manifest[] =
    R"({"id":"pebble","name":"Pebble","version":"1.0.0","unique_names":true,"max_poll_batch":1,)"
    R"("max_concurrency":4,"endpoints":[{"name":"api","base_url":"https://api.pebble.invalid",)"
    R"("auth":{"kind":"bearer"}}],"routes":{"provision":[{"method":"POST","path":"/machines"}],)"
    R"("poll":[{"method":"GET","path":"/machines"},{"method":"GET","path":"/machines/{}"}],)"
    R"("terminate":[{"method":"GET","path":"/machines/{external_id}"},)"
    R"({"method":"DELETE","path":"/machines/{external_id}"}],)"
    R"("self_test":[{"method":"GET","path":"/account"}]}})";

}  // namespace

extern "C" const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table = {};
  table.struct_size = sizeof table;
  table.abi_min = table.abi_max = SLIPWAY_ABI_VERSION;
  table.id = span("pebble");
  table.version = span("1.0.0");
  if (given->abi_min > SLIPWAY_ABI_VERSION || given->abi_max < SLIPWAY_ABI_VERSION) {
    given->refuse(given, span("this plugin was built for ABI 1.0: rebuild it against this host's header"));
    return &table;
  }
  host = given;
  table.abi_chosen = SLIPWAY_ABI_VERSION;
  table.manifest = span(manifest);
  table.validate = guarded<validate>;
  table.prepare = guarded<prepare>;
  table.provision = guarded<provision>;
  table.poll = guarded<poll>;
  table.terminate = guarded<terminate>;
  table.list = guarded<list>;
  table.catalog = guarded<catalog>;
  table.self_test = guarded<self_test>;
  return &table;
}
