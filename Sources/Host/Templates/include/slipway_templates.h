/* slipway_templates.h: the files from which `slipway plugin new` makes a plugin, as bytes of the executable. */
#ifndef SLIPWAY_TEMPLATES_H
#define SLIPWAY_TEMPLATES_H

#include <stdint.h>

/* One file of one language's plugin. Constant, and as long-lived as the process. */
typedef struct slipway_template {
  const char *language; /* as `--lang` takes it */
  const char *path;     /* in the plugin's folder */
  const uint8_t *bytes;
  uint64_t length;
  uint32_t is_renamed; /* 1: `pebble` and `Pebble` in it stand for the plugin's name */
} slipway_template;

/* The file of that number, from 0; NULL beyond the last. Any thread. */
const slipway_template *slipway_template_at(uint64_t index);

#endif
