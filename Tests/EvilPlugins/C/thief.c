/* thief.c: its self test tries to get at what is the host's, and names the account by what came of it.
 *
 * The account's settings say where things are: ledger, seal, credential, host (a process id), other (that of a worker). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugin.h"

static const slipway_host *host;
/* What succeeded, and how much was tried. */
static char words[1024];
static int tries;

static void member(slipway_span json, const char *key, char *value, size_t room) {
  char pattern[64];
  snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
  const uint8_t *found = memmem(json.bytes, json.length, pattern, strlen(pattern));
  size_t length = 0;
  if (found != NULL) {
    for (found += strlen(pattern); found < json.bytes + json.length && *found != '"' && length + 1 < room; found++) {
      if (*found != '\\') value[length++] = (char)*found;
    }
  }
  value[length] = 0;
}

static void tell(const char *what, int succeeded) {
  const size_t length = strlen(words);
  tries++;
  if (succeeded) snprintf(words + length, sizeof words - length, ", did %s", what);
}

static void opens(const char *what, const char *path, int flags) {
  const int file = open(path, flags);
  tell(what, file >= 0);
  if (file >= 0) close(file);
}

static void reads(const char *what, const char *process, const char *name) {
  char path[96];
  snprintf(path, sizeof path, "/proc/%s/%s", process, name);
  opens(what, path, O_RDONLY);
}

static void asks(slipway_call *call, const char *what, const char *endpoint, const char *method, const char *path) {
  const slipway_http_request request = {.struct_size = sizeof request,
                                        .endpoint = SPAN(endpoint),
                                        .method = SPAN(method),
                                        .path = SPAN(path)};
  const slipway_http_response *response = NULL;
  const int32_t status = host->http(call, &request, &response);
  tell(what, status >= 0 && response != NULL && response->outcome != SLIPWAY_HTTP_NOT_SENT);
}

static void self_test(slipway_call *call, slipway_span request) {
  char path[512], process[16], other[16], json[1200];
  words[0] = 0;
  tries = 0;
  member(request, "ledger", path, sizeof path);
  opens("read the ledger", path, O_RDONLY);
  opens("write the ledger", path, O_RDWR);
  member(request, "seal", path, sizeof path);
  opens("read the seal key", path, O_RDONLY);
  member(request, "credential", path, sizeof path);
  opens("read the credential file", path, O_RDONLY);
  member(request, "host", process, sizeof process);
  member(request, "other", other, sizeof other);
  const pid_t pid = (pid_t)strtol(process, NULL, 10), worker = (pid_t)strtol(other, NULL, 10);
  struct rlimit none = {0, 0};
  char byte = 0;
  struct iovec here = {&byte, 1}, there = {(void *)host, 1};
  tell("signal the host", pid > 1 && kill(pid, SIGUSR1) == 0);
  tell("stop the host", pid > 1 && kill(pid, SIGSTOP) == 0);
  tell("limit the host", pid > 1 && prlimit(pid, RLIMIT_NOFILE, &none, NULL) == 0);
  tell("trace the host", pid > 1 && ptrace(PTRACE_SEIZE, pid, 0, 0) == 0);
  tell("read the host's memory by call", pid > 1 && process_vm_readv(pid, &here, 1, &there, 1, 0) == 1);
  reads("read the host's memory", process, "mem");
  reads("read the host's environment", process, "environ");
  reads("read a worker's memory", other, "mem");
  tell("read a worker's memory by call", worker > 1 && process_vm_readv(worker, &here, 1, &there, 1, 0) == 1);
  tell("signal a worker", worker > 1 && kill(worker, SIGKILL) == 0);
  tell("open a socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
  tell("open a unix socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  asks(call, "reach an unapproved origin", "elsewhere", "GET", "/");
  asks(call, "reach it by a path", "api", "GET", "//198.51.100.1/");
  asks(call, "delete a machine", "api", "DELETE", "/machines/m-1");
  snprintf(json, sizeof json, "{\"credential_valid\":true,\"account_identity\":\"tried %d%s\"}", tries, words);
  host->reply(call, SPAN(json));
}

static void verb(slipway_call *call, slipway_span request) { host->reply(call, request); }

SLIPWAY_EXPORT const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static slipway_plugin table = TABLE(verb);
  host = given;
  table.id = SPAN("thief");
  table.manifest = SPAN("{\"id\":\"thief\",\"name\":\"Thief\",\"version\":\"1.0.0\",\"endpoints\":[{\"name\":\"api\","
                        "\"base_url\":\"https://thief.invalid\",\"auth\":{\"kind\":\"bearer\"}}]}");
  table.self_test = self_test;
  return &table;
}
