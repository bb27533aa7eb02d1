/* sandbox.c: what the worker takes away from itself before any plugin code runs. Each part that the kernel
 * does not grant is kept with its errno; the host is told all of them in HELLO. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker.h"

#define THREAD_STACK (1u << 20) /* of threads that a runtime starts without saying how large */
#define MAIN_STACK (8u << 20)

uint8_t sandbox_missing[SLIPWAY_PART_COUNT];
uint32_t sandbox_landlock;

static void part(unsigned number, bool holds) {
  if (!holds && sandbox_missing[number] == 0) sandbox_missing[number] = errno > 0 && errno < 256 ? (uint8_t)errno : EINVAL;
}

static bool write_to(int descriptor, const char *text) {
  if (descriptor == -1) errno = ENOENT;
  const ssize_t length = (ssize_t)strlen(text);
  return descriptor >= 0 && write(descriptor, text, (size_t)length) == length;
}

/* Where memory runs out, the kernel ends this process before the host. */
static void volunteer(void) {
  const int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  part(SLIPWAY_PART_FIRST_VICTIM, write_to(descriptor, "1000"));
  if (descriptor >= 0) close(descriptor);
}

static void limit(int resource, rlim_t most) {
  struct rlimit now;
  bool done = getrlimit(resource, &now) == 0;
  if (done && now.rlim_max < most) most = now.rlim_max;
  done = done && setrlimit(resource, &(struct rlimit){most, most}) == 0;
  part(resource == RLIMIT_CORE ? SLIPWAY_PART_NO_CORE : SLIPWAY_PART_LIMITS, done);
}

/* A closed standard descriptor would become the first file that the plugin opens. */
static void descriptors(void) {
  for (int descriptor = 0; descriptor < SLIPWAY_WIRE_FD; descriptor++) {
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) open("/dev/null", O_RDWR);
  }
  part(SLIPWAY_PART_CLOSED_FDS, close_range(SLIPWAY_WIRE_FD + 1, ~0u, 0) == 0);
}

/* Threads of the spawner may block signals or ignore them, and a child inherits both. */
static void reset_signals(void) {
  const struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static bool drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}, {0, 0, 0}};
  return syscall(SYS_capset, &header, none) == 0;
}

/* ---- Landlock, from linux/landlock.h; headers of older kernels lack the later fields ---- */

struct ruleset {
  uint64_t files;  /* ABI 1; TRUNCATE from 3, IOCTL_DEV from 5 */
  uint64_t tcp;    /* ABI 4: bind, connect */
  uint64_t scopes; /* ABI 6: abstract sockets, signals */
};
struct __attribute__((packed)) path_rule {
  uint64_t allowed;
  int32_t descriptor;
};
struct port_rule {
  uint64_t allowed, port;
};
enum { RULE_PATH = 1, RULE_PORT = 2, READ_FILE = 1 << 2, CONNECT_TCP = 1 << 1 };

static void allow_reading(int rules, const char *path) {
  struct path_rule rule = {READ_FILE, open(path, O_PATH | O_CLOEXEC)};
  if (rule.descriptor < 0) return; /* what is not there cannot be read either */
  part(SLIPWAY_PART_FILES, syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0) == 0);
  close(rule.descriptor);
}

static void allow_folders(int rules, const char *folders) {
  for (const char *next = folders; *next != 0;) {
    const size_t length = strcspn(next, ":");
    char *folder = strndup(next, length);
    if (folder != NULL && length > 0) allow_reading(rules, folder);
    next += length + (next[length] == ':');
  }
}

static void allow_networking(int rules) {
  /* What a resolver and a TLS library read; the files' private neighbours stay closed. */
  allow_folders(rules, "/etc/resolv.conf:/etc/hosts:/etc/host.conf:/etc/nsswitch.conf:/etc/gai.conf:/etc/services:"
                       "/etc/ssl/openssl.cnf:/etc/ssl/certs:/etc/pki/tls/certs:/etc/pki/ca-trust/extracted:"
                       "/usr/share/ca-certificates:/usr/local/share/ca-certificates");
  for (uint64_t port = 53; sandbox_landlock >= 4 && port <= 443; port += 443 - 53) { /* DNS and HTTPS */
    const struct port_rule rule = {CONNECT_TCP, port};
    part(SLIPWAY_PART_TCP, syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) == 0);
  }
}

static void landlock(const struct options *options) {
  const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* ask for the version */);
  sandbox_landlock = abi > 0 ? (uint32_t)abi : 0;
  const struct ruleset wanted = {.files = abi >= 5 ? 0xffff : abi >= 3 ? 0x7fff : abi == 2 ? 0x3fff : 0x1fff,
                                 .tcp = abi >= 4 ? 3 : 0,
                                 .scopes = abi >= 6 ? 3 : 0};
  const int rules = abi > 0 ? (int)syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0u) : -1;
  bool holds = rules >= 0;
  if (holds) {
    allow_reading(rules, options->plugin);
    allow_reading(rules, "/etc/ld.so.cache");
    allow_reading(rules, "/proc"); /* libdispatch ends the process when it cannot read its threads' stat */
    allow_folders(rules, options->libraries);
    if (options->direct) allow_networking(rules);
    holds = syscall(SYS_landlock_restrict_self, rules, 0u) == 0;
  }
  part(SLIPWAY_PART_FILES, holds);
  if (abi > 0 && holds) errno = EOPNOTSUPP; /* the kernel is too old for what follows */
  part(SLIPWAY_PART_TCP, holds && wanted.tcp != 0);
  part(SLIPWAY_PART_SCOPES, holds && wanted.scopes != 0);
  if (rules >= 0) close(rules);
}

void sandbox_enter(const struct options *options) {
  volunteer(); /* while /proc/self may still be written */
  part(SLIPWAY_PART_NOT_DUMPABLE, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
  limit(RLIMIT_CORE, 0); /* a core pattern that is a pipe ignores it; not being dumpable stops that one */
  reset_signals();
  if (getsid(0) != getpid()) setsid(); /* the spawner's work; fails for a group leader, who has a group already */
  part(SLIPWAY_PART_CGROUP, write_to(options->cgroup ? SLIPWAY_CGROUP_FD : -1, "0"));
  descriptors();
  part(SLIPWAY_PART_NO_NEW_PRIVS, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  pthread_attr_t threads;
  if (pthread_attr_init(&threads) == 0 && pthread_attr_setstacksize(&threads, THREAD_STACK) == 0) {
    pthread_setattr_default_np(&threads);
  }
  limit(RLIMIT_DATA, options->memory);
  limit(RLIMIT_STACK, MAIN_STACK);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_FSIZE, 0);
  landlock(options);
  part(SLIPWAY_PART_CAPABILITIES, drop_capabilities());
  part(SLIPWAY_PART_SYSCALLS, syscalls_restrict(options->direct) == 0);
}
