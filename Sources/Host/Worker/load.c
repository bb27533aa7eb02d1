/* load.c: opens the plugin, checks its table, and says READY or REFUSED. The host has looked at the file
 * before and looks at id, version and manifest after; here is only what must hold before a field is read. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

#define MAX_TABLE (64u << 10)
#define MAX_MANIFEST (256u << 10)
#define FROZEN_SIZE offsetof(slipway_plugin, manifest) /* the part that no version changes */
#define SIZE_1_0 (offsetof(slipway_plugin, get_extension) + sizeof(void *))
#define MAJOR(version) ((version) >> 16)
#define MINOR(version) ((version) & 0xffffu)

static const char *file;                    /* as the operator knows it */
static uint32_t told_abi_min, told_abi_max; /* 0 until the plugin told */

static _Noreturn void send_refusal(uint32_t reason, const void *text, size_t length) {
  uint32_t head[3] = {reason, told_abi_min, told_abi_max};
  const struct iovec parts[2] = {{head, sizeof head}, {(void *)text, length}};
  chain_send(NULL, SLIPWAY_WIRE_REFUSED, parts, 2);
  frames_drain();
  _exit(0); /* not exit: nothing of the plugin runs any more */
}

/* The text follows the file's name. */
__attribute__((format(printf, 2, 3))) static _Noreturn void refuse(uint32_t reason, const char *format, ...) {
  char text[MAX_REASON], words[MAX_REASON / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  snprintf(text, sizeof text, "%s %s", file, words);
  send_refusal(reason, text, strlen(text));
}

/* The host has the parts' names and says what to do. */
static void check_sandbox(bool required) {
  const uint32_t needed = required ? SLIPWAY_PARTS_ESSENTIAL : SLIPWAY_PARTS_ALWAYS;
  for (unsigned part = 0; part < SLIPWAY_PART_COUNT; part++) {
    if (sandbox_missing[part] == 0 || (needed & 1u << part) == 0) continue;
    refuse(SLIPWAY_REFUSED_SANDBOX, "was not loaded: part %u of the sandbox cannot be enforced here: %s", part,
           strerror(sandbox_missing[part]));
  }
}

static void check_versions(const slipway_plugin *plugin) {
  const uint32_t low = plugin->abi_min > worker_host.abi_min ? plugin->abi_min : worker_host.abi_min;
  const uint32_t high = plugin->abi_max < worker_host.abi_max ? plugin->abi_max : worker_host.abi_max;
  if (plugin->abi_chosen >= low && plugin->abi_chosen <= high) return;
  refuse(SLIPWAY_REFUSED_ABI, "speaks plugin ABI %u.%u to %u.%u and chose %u.%u; this host speaks %u.%u to %u.%u",
         MAJOR(plugin->abi_min), MINOR(plugin->abi_min), MAJOR(plugin->abi_max), MINOR(plugin->abi_max),
         MAJOR(plugin->abi_chosen), MINOR(plugin->abi_chosen), MAJOR(worker_host.abi_min), MINOR(worker_host.abi_min),
         MAJOR(worker_host.abi_max), MINOR(worker_host.abi_max));
}

/* Fills worker_verbs; returns their bits. */
static uint32_t take_verbs(const slipway_plugin *plugin) {
  const slipway_verb verbs[SLIPWAY_VERB_COUNT] = {plugin->validate,  plugin->prepare, plugin->provision,
                                                  plugin->poll,      plugin->terminate, plugin->list,
                                                  plugin->catalog,   plugin->self_test, plugin->power};
  uint32_t bits = 0;
  for (uint32_t i = 0; i < SLIPWAY_VERB_COUNT; i++) {
    worker_verbs[i] = verbs[i];
    if (verbs[i] != NULL) bits |= 1u << i;
  }
  return bits;
}

static void check_span(const char *name, slipway_span span, uint64_t most) {
  if (span.bytes != NULL && span.length >= 1 && span.length <= most) return;
  refuse(SLIPWAY_REFUSED_TABLE, "has a table whose %s has %llu bytes; expected 1 to %llu", name,
         (unsigned long long)span.length, (unsigned long long)most);
}

static void check_size(const slipway_plugin *plugin, size_t least) {
  if (plugin->struct_size >= least && plugin->struct_size <= MAX_TABLE) return;
  refuse(SLIPWAY_REFUSED_TABLE, "has a table with struct_size %u; expected %zu to %u. Rebuild the plugin with its "
         "struct_size set to sizeof(slipway_plugin)", plugin->struct_size, least, MAX_TABLE);
}

static const slipway_plugin *enter(void) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL); /* for good: never dlclose */
  if (library == NULL) {
    const char *reason = dlerror();
    refuse(SLIPWAY_REFUSED_DLOPEN, "cannot be loaded: expected a whole ELF shared object for this machine whose "
           "libraries are installed where the sandbox lets it look, found: %s", reason != NULL ? reason : "no reason");
  }
  const slipway_plugin *(*entry)(const slipway_host *);
  *(void **)&entry = dlsym(library, "slipway_plugin_entry"); /* POSIX's way around ISO C */
  if (entry == NULL) {
    refuse(SLIPWAY_REFUSED_NO_SYMBOL,
           "is not a plugin: expected a shared object that exports slipway_plugin_entry, found one without it");
  }
  return entry(&worker_host);
}

void load(const struct options *options) {
  file = options->plugin;
  check_sandbox(options->required);
  const slipway_plugin *plugin = enter();
  if (plugin != NULL && plugin->struct_size >= FROZEN_SIZE) {
    told_abi_min = plugin->abi_min;
    told_abi_max = plugin->abi_max;
  }
  if (worker_refused) send_refusal(SLIPWAY_REFUSED_BY_PLUGIN, worker_refusal.bytes, worker_refusal.length);
  if (plugin == NULL) {
    refuse(SLIPWAY_REFUSED_NULL, "returned NULL from slipway_plugin_entry, expected its table. Report this to the "
           "plugin's vendor");
  }
  check_size(plugin, FROZEN_SIZE);
  check_versions(plugin);
  check_size(plugin, SIZE_1_0);
  check_span("id", plugin->id, 32);
  check_span("version", plugin->version, 64);
  check_span("manifest", plugin->manifest, MAX_MANIFEST);
  uint32_t head[6] = {plugin->abi_min, plugin->abi_max, plugin->abi_chosen, take_verbs(plugin),
                      (uint32_t)plugin->id.length, (uint32_t)plugin->version.length};
  const struct iovec parts[4] = {{head, sizeof head},
                                 {(void *)plugin->id.bytes, (size_t)plugin->id.length},
                                 {(void *)plugin->version.bytes, (size_t)plugin->version.length},
                                 {(void *)plugin->manifest.bytes, (size_t)plugin->manifest.length}};
  reader_allow_calls();
  chain_send(NULL, SLIPWAY_WIRE_READY, parts, 4);
}
