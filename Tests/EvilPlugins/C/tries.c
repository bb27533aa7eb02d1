/* tries.c: tries what the sandbox forbids, and says what came of each: "done", or the errno's name.
 * With -DCONSTRUCTOR the tries of {"try":"constructor"} ran before the host knew the plugin. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <termios.h>
#include <unistd.h>

#include "plugin.h"

static const slipway_host *host;
/* What the test hands in: a file of somebody else, a process of somebody else, a port. */
static char argument[512] = "/etc/passwd", process[16] = "1", port[16] = "0";

static long other(void) { return strtol(process, NULL, 10); }

static long try_open(const char *path, int flags) {
  const int descriptor = open(path, flags, 0600);
  if (descriptor >= 0) close(descriptor);
  return descriptor;
}

static long read_of(const char *name) {
  char path[128], byte;
  snprintf(path, sizeof path, "/proc/%ld/%s", other(), name);
  const int descriptor = open(path, O_RDONLY);
  if (descriptor < 0) return -1;
  const long got = read(descriptor, &byte, 1);
  const int error = errno;
  close(descriptor);
  errno = error;
  return got;
}

static long map(int flags) {
  void *memory = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? -1 : 0;
}

static int thread_body(void *unused) { return (void)unused, 0; }

static long clone_with(int flags) {
  static char stack[65536];
  return clone(thread_body, stack + sizeof stack, flags, NULL);
}

static long pass_descriptor(void) {
  char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET, rights->cmsg_type = SCM_RIGHTS, rights->cmsg_len = CMSG_LEN(sizeof(int));
  return sendmsg(3, &message, 0);
}

__attribute__((unused)) static long connect_to(int type, const char *path) {
  const int descriptor = socket(path != NULL ? AF_UNIX : AF_INET, type, 0);
  if (descriptor < 0) return -1;
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtol(port, NULL, 10)), .sin_addr = {htonl(0x7f000001)}};
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  if (path != NULL) snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
  const long result = path != NULL ? connect(descriptor, (struct sockaddr *)&un, sizeof un)
                                   : connect(descriptor, (struct sockaddr *)&in, sizeof in);
  const int error = errno;
  close(descriptor);
  errno = error;
  return result;
}

static long set_limit(long pid) {
  const struct rlimit limit = {1, 1};
  return syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, NULL);
}

static long owner_of_pipe(int command, long value) {
  int pipe[2];
  if (pipe2(pipe, 0) != 0) return -1;
  return fcntl(pipe[0], command, value);
}

static long exec_true(void) {
  char *words[] = {"/bin/true", NULL};
  return execve("/bin/true", words, NULL);
}

static struct {
  const char *name;
  long result;
  int error;
} results[128];
static size_t count;
static const char *wanted;

#define TRY(label, expression)                                     \
  if (wanted == NULL || strcmp(wanted, label) == 0) {              \
    errno = 0;                                                     \
    const long result = (long)(expression);                        \
    results[count].name = label, results[count].error = errno;     \
    results[count++].result = result;                              \
  }

static void try_all(void) {
  count = 0;
  TRY("socket inet", socket(AF_INET, SOCK_STREAM, 0));
  TRY("socket inet6", socket(AF_INET6, SOCK_DGRAM, 0));
  TRY("socket unix", socket(AF_UNIX, SOCK_STREAM, 0));
  TRY("socket netlink", socket(AF_NETLINK, SOCK_RAW, 0));
  int pair[2];
  TRY("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  TRY("pass descriptor", pass_descriptor());
  TRY("read passwd", try_open("/etc/passwd", O_RDONLY));
  TRY("read shadow", try_open("/etc/shadow", O_RDONLY));
  TRY("read a file", try_open(argument, O_RDONLY));
  TRY("write a file", try_open(argument, O_WRONLY));
  TRY("append a file", try_open(argument, O_RDWR | O_APPEND));
  TRY("truncate on open", try_open(argument, O_RDONLY | O_TRUNC));
  TRY("create", try_open("/tmp/slipway-evil", O_RDWR | O_CREAT));
  TRY("unnamed file", try_open("/tmp", O_RDWR | O_TMPFILE));
  TRY("write /dev/null", try_open("/dev/null", O_WRONLY));
  TRY("only a path", try_open(argument, O_PATH));
  TRY("list", try_open("/tmp", O_RDONLY | O_DIRECTORY));
  TRY("open old call", syscall(SYS_open, "/etc/ld.so.cache", O_RDONLY));
  TRY("creat", syscall(SYS_creat, "/tmp/slipway-evil", 0600));
  TRY("mkdir", mkdir("/tmp/slipway-evil", 0700));
  TRY("unlink", unlink(argument));
  TRY("rename", rename(argument, "/tmp/slipway-evil"));
  TRY("link", link(argument, "/tmp/slipway-evil"));
  TRY("symlink", symlink(argument, "/tmp/slipway-evil"));
  TRY("mknod", mknod("/tmp/slipway-evil", S_IFIFO | 0600, 0));
  TRY("truncate", truncate(argument, 0));
  TRY("chmod", chmod(argument, 0777));
  TRY("chown", chown(argument, 65534, 65534));
  TRY("utime", utimensat(AT_FDCWD, argument, NULL, 0));
  TRY("setxattr", syscall(SYS_setxattr, argument, "user.evil", "1", 1, 0));
  TRY("chdir", chdir("/"));
  TRY("chroot", chroot("/tmp"));
  TRY("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
  TRY("exec", exec_true());
  TRY("fork", syscall(SYS_fork));
  TRY("vfork", syscall(SYS_vfork));
  TRY("clone fork", clone_with(SIGCHLD));
  TRY("clone sharing memory", clone_with(CLONE_VM | SIGCHLD));
  TRY("clone user namespace", clone_with(CLONE_NEWUSER | SIGCHLD));
  TRY("clone thread and namespace", clone_with(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNET));
  TRY("clone3", syscall(SYS_clone3, NULL, 0));
  TRY("unshare", unshare(CLONE_NEWUSER));
  TRY("setns", setns(3, 0));
  TRY("ptrace", ptrace(PTRACE_ATTACH, (pid_t)other(), NULL, NULL));
  char here[8];
  struct iovec near = {here, sizeof here}, far = {(void *)0x1000, sizeof here};
  TRY("process_vm_readv", process_vm_readv((pid_t)other(), &near, 1, &far, 1, 0));
  TRY("process_vm_writev", process_vm_writev((pid_t)other(), &near, 1, &far, 1, 0));
  TRY("kill", kill((pid_t)other(), 0));
  TRY("kill all", kill(-1, 0));
  TRY("tgkill", syscall(SYS_tgkill, other(), other(), 0));
  TRY("sigqueue", syscall(SYS_rt_sigqueueinfo, other(), SIGTERM, NULL));
  TRY("pidfd_open", syscall(SYS_pidfd_open, other(), 0));
  TRY("pipe owner", owner_of_pipe(F_SETOWN, other()));
  TRY("pipe signal", owner_of_pipe(F_SETSIG, SIGKILL));
  TRY("pipe size", owner_of_pipe(F_SETPIPE_SZ, 1 << 20));
  TRY("prlimit other", set_limit(other()));
  TRY("prlimit own", set_limit(0));
  TRY("prlimit other read", syscall(SYS_prlimit64, other(), RLIMIT_NOFILE, NULL, NULL));
  TRY("setpriority", setpriority(PRIO_PROCESS, (id_t)other(), 19));
  TRY("affinity", syscall(SYS_sched_setaffinity, other(), 0, NULL));
  TRY("read mem", read_of("mem"));
  TRY("read environ", read_of("environ"));
  TRY("read maps", read_of("maps"));
  TRY("read auxv", read_of("auxv"));
  TRY("read cmdline", read_of("cmdline"));
  TRY("shared memory", map(MAP_SHARED));
  TRY("growing stack", map(MAP_PRIVATE | MAP_GROWSDOWN));
  TRY("pinned memory", map(MAP_PRIVATE | MAP_LOCKED));
  TRY("huge pages", map(MAP_PRIVATE | MAP_HUGETLB));
  TRY("memfd", memfd_create("evil", 0));
  TRY("shmget", syscall(SYS_shmget, IPC_PRIVATE, 4096, 0600));
  TRY("dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  TRY("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  TRY("own seccomp", syscall(SYS_seccomp, 1, 0, NULL));
  TRY("setuid", setuid(0));
  TRY("setsid", setsid());
  TRY("capset", syscall(SYS_capset, NULL, NULL));
  TRY("bpf", syscall(SYS_bpf, 0, NULL, 0));
  TRY("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  TRY("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
  TRY("aio", syscall(SYS_io_setup, 1, NULL));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
  TRY("keyctl", syscall(SYS_keyctl, 0, 0));
  TRY("inotify", syscall(SYS_inotify_init1, 0));
  TRY("handle", syscall(SYS_open_by_handle_at, 0, NULL, 0));
  TRY("openat2", syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0));
  TRY("personality", syscall(SYS_personality, 0));
  TRY("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
  TRY("syslog", syscall(SYS_syslog, 3, NULL, 0));
  TRY("mlock", mlock(here, 1));
  struct termios terminal;
  TRY("terminal", ioctl(2, TCGETS, &terminal));
  TRY("typing into a terminal", ioctl(0, TIOCSTI, "x"));
#ifdef DIRECT
  TRY("tcp", connect_to(SOCK_STREAM, NULL));
  TRY("udp", connect_to(SOCK_DGRAM, NULL));
  TRY("unix", connect_to(SOCK_STREAM, argument));
#endif
}

static void tell(slipway_call *call) {
  static char text[16384];
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    const char *word = results[i].result >= 0 ? "done" : strerrorname_np(results[i].error);
    length += (size_t)snprintf(text + length, sizeof text - length, "%s: %s\n", results[i].name, word);
  }
  host->reply(call, SPAN(text));
}

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void before(void) { try_all(); }
#endif

/* ---- bombs: reply how far they came ---- */

static void answer_number(slipway_call *call, const char *what, unsigned long number) {
  char text[128];
  snprintf(text, sizeof text, "%s %lu", what, number);
  host->reply(call, SPAN(text));
}

static void *sleeper(void *unused) {
  for (;;) nanosleep(&(struct timespec){1000, 0}, NULL);
  return unused;
}

static void bomb(slipway_call *call, const char *kind) {
  unsigned long number = 0;
  if (strcmp(kind, "fork bomb") == 0) {
    for (int i = 0; i < 10000; i++) number += syscall(SYS_fork) >= 0;
    answer_number(call, "children", number);
  } else if (strcmp(kind, "thread bomb") == 0) {
    pthread_t thread;
    while (number < 100000 && pthread_create(&thread, NULL, sleeper, NULL) == 0) number++;
    answer_number(call, "threads", number);
  } else if (strcmp(kind, "memory bomb") == 0) {
    char *piece;
    while (number < 100000 && (piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED) {
      memset(piece, 1, 1 << 20);
      number++;
    }
    answer_number(call, "MiB", number);
  } else if (strcmp(kind, "file bomb") == 0) {
    while (number < 100000 && open("/proc/self/status", O_RDONLY) >= 0) number++;
    answer_number(call, "files", number);
  } else if (strcmp(kind, "int 0x80") == 0) {
#if defined(__x86_64__)
    long result = 359, family = AF_INET; /* i386's socket */
    __asm__ volatile("int $0x80" : "+a"(result) : "b"(family), "c"(SOCK_STREAM), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    answer_number(call, "int 0x80 came back with", (unsigned long)result);
#endif
  } else if (strcmp(kind, "x32") == 0) {
    answer_number(call, "x32 came back with", (unsigned long)syscall(0x40000000 | SYS_getpid));
  } else if (strcmp(kind, "signal self") == 0) {
    raise(SIGUSR1);
  } else if (strcmp(kind, "thread crash") == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)0x1234, NULL);
    pthread_join(thread, NULL);
  } else {
    host->reply(call, SPAN("no such bomb"));
  }
}

/* Deeper than any stack; neither a loop nor, as far as the compiler knows, without end. */
static volatile int enough;
static int deep(volatile char *above) {
  if (enough) return 0;
  volatile char here[4096];
  here[0] = above != NULL ? above[0] : 1;
  return deep(here) + here[1];
}

static int member(slipway_span request, const char *key, char *value, size_t room) {
  char pattern[32];
  const int length = snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
  const uint8_t *found = memmem(request.bytes, request.length, pattern, (size_t)length);
  if (found == NULL) return 0;
  found += length;
  size_t i = 0;
  while (found + i < request.bytes + request.length && found[i] != '"' && i + 1 < room) value[i] = (char)found[i], i++;
  value[i] = 0;
  return 1;
}

static void verb(slipway_call *call, slipway_span request) {
  char what[128] = "";
  member(request, "file", argument, sizeof argument);
  member(request, "process", process, sizeof process);
  member(request, "port", port, sizeof port);
  if (member(request, "bomb", what, sizeof what)) {
    bomb(call, what);
  } else if (member(request, "deep", what, sizeof what)) {
    answer_number(call, "depth", (unsigned long)deep(NULL));
  } else if (member(request, "try", what, sizeof what)) {
    if (strcmp(what, "constructor") != 0) {
      wanted = strcmp(what, "all") == 0 ? NULL : what;
      try_all();
    }
    tell(call);
  } else {
    host->reply(call, request);
  }
}

#ifdef DIRECT
#undef MANIFEST
#define MANIFEST "{\"id\":\"evil\",\"name\":\"Evil\",\"version\":\"1.0.0\",\"network\":\"direct\"}"
#endif

const slipway_plugin *slipway_plugin_entry(const slipway_host *given) {
  static const slipway_plugin plugin = TABLE(verb);
  host = given;
  return &plugin;
}
