/* slipway_recipe_templates.h: the recipes that come with Slipway, as bytes of the executable. */
#ifndef SLIPWAY_RECIPE_TEMPLATES_H
#define SLIPWAY_RECIPE_TEMPLATES_H

#include <stdint.h>

/* One script. Constant, and as long-lived as the process. */
typedef struct slipway_recipe_template {
  const char *name; /* as `--template` takes it */
  const uint8_t *bytes;
  uint64_t length;
} slipway_recipe_template;

/* The script of that number, from 0, by name; NULL beyond the last. Any thread. */
const slipway_recipe_template *slipway_recipe_template_at(uint64_t index);

#endif
