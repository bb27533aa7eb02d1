/* load.c: opens the plugin, checks its table, and says READY or REFUSED. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

#define MAX_TABLE (64u << 10)
#define FROZEN_SIZE offsetof(slipway_plugin, manifest) /* the part that no version changes */
#define SIZE_0_1 (offsetof(slipway_plugin, get_extension) + sizeof(void *))
#define MAJOR(version) ((version) >> 16)
#define MINOR(version) ((version) & 0xffffu)

static const char *file;                  /* as the operator knows it */
static uint32_t told_abi_min, told_abi_max; /* 0 until the plugin told */

static _Noreturn void send_refusal(uint32_t reason, const void *text, size_t length) {
  uint32_t head[3] = {reason, told_abi_min, told_abi_max};
  const struct iovec parts[2] = {{head, sizeof head}, {(void *)text, length}};
  chain_send(NULL, SLIPWAY_WIRE_REFUSED, parts, 2);
  frames_drain();
  _exit(0); /* not exit: nothing of the plugin runs any more */
}

__attribute__((format(printf, 2, 3))) static _Noreturn void refuse(uint32_t reason, const char *format, ...) {
  char text[MAX_REASON];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  send_refusal(reason, text, strlen(text));
}

static void check_confinement(uint32_t enforced) {
  const uint32_t required = SLIPWAY_ENFORCED_NO_NEW_PRIVS | SLIPWAY_ENFORCED_NOT_DUMPABLE |
                            SLIPWAY_ENFORCED_CLOSED_FDS | SLIPWAY_ENFORCED_NO_CORE;
  const uint32_t missing = required & ~enforced;
  if (missing == 0) return;
  refuse(SLIPWAY_REFUSED_SANDBOX,
         "%s was not loaded: the kernel did not let the worker enforce%s%s%s%s. Expected Linux 5.9 or newer", file,
         missing & SLIPWAY_ENFORCED_NO_NEW_PRIVS ? " no_new_privs" : "",
         missing & SLIPWAY_ENFORCED_NOT_DUMPABLE ? " not-dumpable" : "",
         missing & SLIPWAY_ENFORCED_CLOSED_FDS ? " closed-descriptors" : "",
         missing & SLIPWAY_ENFORCED_NO_CORE ? " no-core" : "");
}

static void check_versions(const slipway_plugin *plugin) {
  if (plugin->abi_min > plugin->abi_max) {
    refuse(SLIPWAY_REFUSED_ABI, "%s names an ABI range that is upside down: from %u.%u to %u.%u", file,
           MAJOR(plugin->abi_min), MINOR(plugin->abi_min), MAJOR(plugin->abi_max), MINOR(plugin->abi_max));
  }
  if (plugin->abi_min > worker_host.abi_max || plugin->abi_max < worker_host.abi_min) {
    const bool newer = plugin->abi_min > worker_host.abi_max;
    refuse(SLIPWAY_REFUSED_ABI,
           "%s speaks plugin ABI %u.%u to %u.%u, this host speaks %u.%u to %u.%u. %s", file, MAJOR(plugin->abi_min),
           MINOR(plugin->abi_min), MAJOR(plugin->abi_max), MINOR(plugin->abi_max), MAJOR(worker_host.abi_min),
           MINOR(worker_host.abi_min), MAJOR(worker_host.abi_max), MINOR(worker_host.abi_max),
           newer ? "Update the host, or install an older build of the plugin"
                 : "Install a newer build of the plugin");
  }
  const uint32_t low = plugin->abi_min > worker_host.abi_min ? plugin->abi_min : worker_host.abi_min;
  const uint32_t high = plugin->abi_max < worker_host.abi_max ? plugin->abi_max : worker_host.abi_max;
  if (plugin->abi_chosen < low || plugin->abi_chosen > high) {
    refuse(SLIPWAY_REFUSED_ABI,
           "%s chose plugin ABI %u.%u; expected one from %u.%u to %u.%u, which both sides speak. "
           "Report this to the plugin's vendor",
           file, MAJOR(plugin->abi_chosen), MINOR(plugin->abi_chosen), MAJOR(low), MINOR(low), MAJOR(high),
           MINOR(high));
  }
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

static bool is_id(slipway_span id) {
  if (id.bytes == NULL || id.length < 1 || id.length > 32) return false;
  for (uint64_t i = 0; i < id.length; i++) {
    const uint8_t byte = id.bytes[i];
    if (!is_digit(byte) && !(byte >= 'a' && byte <= 'z') && byte != '-') return false;
  }
  return true;
}

/* Three numbers with dots between, then perhaps "-" or "+" and letters, digits, dots, hyphens, pluses. */
static bool is_semantic_version(slipway_span version) {
  if (version.bytes == NULL || version.length < 5 || version.length > 64) return false;
  uint64_t i = 0;
  for (int number = 0; number < 3; number++) {
    const uint64_t start = i;
    while (i < version.length && is_digit(version.bytes[i])) i++;
    if (i == start) return false;
    if (number < 2 && (i == version.length || version.bytes[i++] != '.')) return false;
  }
  if (i < version.length && version.bytes[i] != '-' && version.bytes[i] != '+') return false;
  for (; i < version.length; i++) {
    const uint8_t byte = version.bytes[i], lower = byte | 0x20;
    if (!is_digit(byte) && !(lower >= 'a' && lower <= 'z') && byte != '.' && byte != '-' && byte != '+') return false;
  }
  return true;
}

/* Fills worker_verbs; returns their bits. */
static uint32_t check_verbs(const slipway_plugin *plugin) {
  static const char *const names[SLIPWAY_VERB_COUNT] = {"validate",  "prepare", "provision", "poll", "terminate",
                                                        "list",      "catalog", "self_test", "power"};
  const slipway_verb verbs[SLIPWAY_VERB_COUNT] = {plugin->validate,  plugin->prepare, plugin->provision,
                                                  plugin->poll,      plugin->terminate, plugin->list,
                                                  plugin->catalog,   plugin->self_test, plugin->power};
  uint32_t bits = 0;
  for (uint32_t i = 0; i < SLIPWAY_VERB_COUNT; i++) {
    if (verbs[i] != NULL) {
      bits |= 1u << i;
    } else if (i != SLIPWAY_VERB_POWER) {
      refuse(SLIPWAY_REFUSED_TABLE, "%s lacks the verb %s: found NULL, expected a function", file, names[i]);
    }
    worker_verbs[i] = verbs[i];
  }
  return bits;
}

static uint32_t check_table(const slipway_plugin *plugin) {
  if (plugin->struct_size < SIZE_0_1 || plugin->struct_size > MAX_TABLE) {
    refuse(SLIPWAY_REFUSED_TABLE, "%s has a table with struct_size %u; expected %zu to %u. Rebuild the plugin with its "
           "struct_size set to sizeof(slipway_plugin)", file, plugin->struct_size, SIZE_0_1, MAX_TABLE);
  }
  if (!is_id(plugin->id)) {
    refuse(SLIPWAY_REFUSED_TABLE, "%s has a malformed id of %llu bytes; expected 1 to 32 of a-z, 0-9 and '-'", file,
           (unsigned long long)plugin->id.length);
  }
  if (!is_semantic_version(plugin->version)) {
    refuse(SLIPWAY_REFUSED_TABLE, "%s (%.*s) has a malformed version of %llu bytes; expected one such as 1.2.0", file,
           (int)plugin->id.length, (const char *)plugin->id.bytes, (unsigned long long)plugin->version.length);
  }
  if (plugin->manifest.bytes == NULL || plugin->manifest.length < 1 || plugin->manifest.length > MAX_MANIFEST) {
    refuse(SLIPWAY_REFUSED_TABLE, "%s (%.*s) has a manifest of %llu bytes; expected 1 to %u", file,
           (int)plugin->id.length, (const char *)plugin->id.bytes, (unsigned long long)plugin->manifest.length,
           MAX_MANIFEST);
  }
  return check_verbs(plugin);
}

static _Noreturn void refuse_file(const char *found) {
  refuse(SLIPWAY_REFUSED_DLOPEN,
         "%s cannot be loaded: expected a whole ELF shared object for this machine whose libraries are installed, "
         "found: %s",
         file, found);
}

static const slipway_plugin *enter(void) {
  char found[256];
  if (!elf_check(file, found, sizeof found)) refuse_file(found);
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL); /* for good: never dlclose */
  if (library == NULL) {
    const char *reason = dlerror();
    refuse_file(reason != NULL ? reason : "no reason");
  }
  const slipway_plugin *(*entry)(const slipway_host *);
  *(void **)&entry = dlsym(library, "slipway_plugin_entry"); /* POSIX's way around ISO C */
  if (entry == NULL) {
    refuse(SLIPWAY_REFUSED_NO_SYMBOL,
           "%s is not a plugin: expected a shared object that exports slipway_plugin_entry, found one without it",
           file);
  }
  return entry(&worker_host);
}

void load(const char *path, uint32_t enforced) {
  file = path;
  check_confinement(enforced);
  const slipway_plugin *plugin = enter();
  const bool sized = plugin != NULL && plugin->struct_size >= FROZEN_SIZE && plugin->struct_size <= MAX_TABLE;
  if (sized) {
    told_abi_min = plugin->abi_min;
    told_abi_max = plugin->abi_max;
  }
  if (worker_refused) send_refusal(SLIPWAY_REFUSED_BY_PLUGIN, worker_refusal.bytes, worker_refusal.length);
  if (plugin == NULL) {
    refuse(SLIPWAY_REFUSED_NULL, "%s: slipway_plugin_entry returned NULL, expected its table. Report this to the "
           "plugin's vendor", file);
  }
  if (!sized) {
    refuse(SLIPWAY_REFUSED_TABLE, "%s has a table with struct_size %u; expected at least %zu and at most %u", file,
           plugin->struct_size, FROZEN_SIZE, MAX_TABLE);
  }
  check_versions(plugin);
  const uint32_t verbs = check_table(plugin);
  uint32_t head[6] = {plugin->abi_min, plugin->abi_max, plugin->abi_chosen, verbs, (uint32_t)plugin->id.length,
                      (uint32_t)plugin->version.length};
  const struct iovec parts[4] = {{head, sizeof head},
                                 {(void *)plugin->id.bytes, (size_t)plugin->id.length},
                                 {(void *)plugin->version.bytes, (size_t)plugin->version.length},
                                 {(void *)plugin->manifest.bytes, (size_t)plugin->manifest.length}};
  pthread_mutex_lock(&worker_lock);
  reader_allow_calls();
  pthread_mutex_unlock(&worker_lock);
  chain_send(NULL, SLIPWAY_WIRE_READY, parts, 4);
}
