/* table.c: a plugin whose table is wrong in the way that a macro asks for. */
#include "plugin.h"

static void verb(slipway_call *call, slipway_span request) { (void)call, (void)request; }

#ifdef UNDEFINED
extern int nobody_defines_this(void);
#endif

const slipway_plugin *slipway_plugin_entry(const slipway_host *host) {
  static slipway_plugin plugin = TABLE(verb);
  static uint8_t large[(256 << 10) + 1];
  (void)host, (void)large;
#ifdef UNDEFINED
  plugin.struct_size += (uint32_t)nobody_defines_this();
#endif
#ifdef REFUSES
  host->refuse(host, SPAN("this plugin needs a newer moon"));
  plugin.abi_chosen = 0;
#endif
#ifdef NULL_TABLE
  return NULL;
#endif
#ifdef CRASHES
  *(volatile int *)0 = 1;
#endif
#ifdef SHORT_TABLE
  plugin.struct_size = 12;
#endif
#ifdef TRUNCATED_TABLE
  plugin.struct_size = 64;
#endif
#ifdef HUGE_TABLE
  plugin.struct_size = UINT32_MAX;
#endif
#ifdef LONGER_TABLE
  static struct {
    slipway_plugin known;
    void *added[4];
  } longer;
  longer.known = plugin;
  longer.known.struct_size = sizeof longer;
  return &longer.known;
#endif
#ifdef NEWER
  plugin.abi_min = plugin.abi_max = plugin.abi_chosen = (UINT32_C(7) << 16) | 3;
#endif
#ifdef OLDER
  plugin.abi_min = plugin.abi_max = plugin.abi_chosen = 0;
#endif
#ifdef UPSIDE_DOWN
  plugin.abi_min = SLIPWAY_ABI_VERSION + 1;
#endif
#ifdef CHOSEN_OUTSIDE
  plugin.abi_chosen = SLIPWAY_ABI_VERSION + 1;
#endif
#ifdef BAD_ID
  plugin.id = SPAN("Not An Id");
#endif
#ifdef BAD_VERSION
  plugin.version = SPAN("1.two.3");
#endif
#ifdef NO_MANIFEST
  plugin.manifest = (slipway_span){NULL, 0};
#endif
#ifdef LARGE_MANIFEST
  plugin.manifest = (slipway_span){large, sizeof large};
#endif
#ifdef FULL_MANIFEST
  plugin.manifest = (slipway_span){large, sizeof large - 1};
#endif
#ifdef NO_POLL
  plugin.poll = NULL;
#endif
  return &plugin;
}
