/* templates.c: the scripts beside this file, compiled in as they are (see docs/decisions/0012). */
#include "slipway_recipe_templates.h"

static const uint8_t caddy[] = {
#embed "scripts/caddy.sh"
};
static const uint8_t docker[] = {
#embed "scripts/docker.sh"
};
static const uint8_t docker_compose[] = {
#embed "scripts/docker-compose.sh"
};
static const uint8_t nodejs[] = {
#embed "scripts/nodejs.sh"
};
static const uint8_t podman[] = {
#embed "scripts/podman.sh"
};
static const uint8_t postgresql[] = {
#embed "scripts/postgresql.sh"
};
static const uint8_t wireguard[] = {
#embed "scripts/wireguard.sh"
};

#define SCRIPT(name, bytes) {name, bytes, sizeof bytes}

static const slipway_recipe_template templates[] = {
    SCRIPT("caddy", caddy),
    SCRIPT("docker", docker),
    SCRIPT("docker-compose", docker_compose),
    SCRIPT("nodejs", nodejs),
    SCRIPT("podman", podman),
    SCRIPT("postgresql", postgresql),
    SCRIPT("wireguard", wireguard),
};

const slipway_recipe_template *slipway_recipe_template_at(uint64_t index) {
  return index < sizeof templates / sizeof *templates ? &templates[index] : 0;
}
