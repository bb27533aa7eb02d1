/* syscalls.c: the system calls that a plugin's process may make, as a seccomp filter. What is not listed
 * answers EPERM. Another architecture's calls (int 0x80, x32) end the process: their numbers mean other things.
 *
 * Landlock knows paths, and ends where a kernel lacks it; this list holds alone that nothing is written,
 * started, signalled or connected to. Landlock does not cover chmod, chown and utime: they are not here. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "name the machine's audit architecture"
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOW(n) LOAD(offsetof(struct seccomp_data, args[n])) /* little endian */
#define HIGH(n) LOAD(offsetof(struct seccomp_data, args[n]) + 4)
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ABOVE(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (value), (yes), (no))
#define ANY_BIT(mask, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (mask), (yes), (no))
#define YES BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define NO(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ALLOW(call) EQUAL(__NR_##call, 0, 1), YES
#define REFUSE(call, error) EQUAL(__NR_##call, 0, 1), NO(error)

/* What pthread_create of glibc and of musl asks for; no new namespace, no process of its own. */
#define THREAD_FLAGS                                                                                         \
  (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |         \
   CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED)

int syscalls_restrict(bool direct) {
  const uint32_t self = (uint32_t)getpid();
  const struct sock_filter always[] = {
      LOAD(offsetof(struct seccomp_data, arch)), EQUAL(ARCHITECTURE, 1, 0), KILL,
      LOAD(offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
      ABOVE(0x3fffffff, 0, 1), KILL, /* x32 */
#endif
      ALLOW(read), ALLOW(write), ALLOW(futex), ALLOW(readv), ALLOW(writev), ALLOW(pread64), ALLOW(close),
      ALLOW(fstat), ALLOW(newfstatat), ALLOW(statx), ALLOW(lseek), ALLOW(mprotect), ALLOW(munmap), ALLOW(mremap),
      ALLOW(madvise), ALLOW(brk), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
      ALLOW(set_robust_list), ALLOW(rseq), ALLOW(gettid), ALLOW(getpid), ALLOW(exit), ALLOW(exit_group),
      ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday),
      ALLOW(getrandom), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(getcpu), ALLOW(faccessat),
      ALLOW(readlinkat), ALLOW(getcwd), ALLOW(getdents64), ALLOW(dup), ALLOW(ppoll), ALLOW(epoll_create1),
      ALLOW(epoll_ctl), ALLOW(epoll_pwait), ALLOW(eventfd2), ALLOW(timerfd_create), ALLOW(timerfd_settime),
      ALLOW(pipe2), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), ALLOW(uname), ALLOW(sysinfo),
      ALLOW(getrusage), ALLOW(membarrier), ALLOW(mincore), ALLOW(restart_syscall),
#if defined(__x86_64__) /* newer architectures have only the calls with "at" or "p" */
      ALLOW(access), ALLOW(readlink), ALLOW(poll), ALLOW(epoll_wait), ALLOW(time),
#endif
      REFUSE(clone3, ENOSYS), /* its flags lie in memory, where a filter cannot see them; glibc falls back to clone */
      EQUAL(__NR_clone, 0, 7), HIGH(0), EQUAL(0, 0, 4), LOW(0), ANY_BIT(~(uint32_t)THREAD_FLAGS, 2, 0),
      ANY_BIT(CLONE_THREAD, 0, 1), YES, NO(EPERM),
      /* Nothing is opened for writing, whatever Landlock says of the path, which is not asked about O_PATH. */
      EQUAL(__NR_openat, 0, 4), LOW(2), ANY_BIT(O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, 1, 0), YES, NO(EPERM),
      /* Shared anonymous memory, growing stacks and huge pages do not count to RLIMIT_DATA; nothing is pinned in memory. */
      EQUAL(__NR_mmap, 0, 6), LOW(3), ANY_BIT(MAP_GROWSDOWN | MAP_HUGETLB | MAP_LOCKED, 3, 0), ANY_BIT(MAP_SHARED, 0, 1),
      ANY_BIT(MAP_ANONYMOUS, 1, 0), YES, NO(EPERM),
      /* F_SETOWN and F_SETSIG would make the kernel send any signal to the host: only the plain commands. */
      EQUAL(__NR_fcntl, 0, 5), LOW(1), ABOVE(F_SETFL, 0, 1), EQUAL(F_DUPFD_CLOEXEC, 0, 1), YES, NO(EPERM),
      EQUAL(__NR_tgkill, 0, 4), LOW(0), EQUAL(self, 0, 1), YES, NO(EPERM),
      /* prlimit64(0, which, NULL, limit): its own limits, read. */
      EQUAL(__NR_prlimit64, 0, 8), LOW(0), EQUAL(0, 0, 5), LOW(2), EQUAL(0, 0, 3), HIGH(2), EQUAL(0, 0, 1), YES,
      NO(EPERM),
      EQUAL(__NR_prctl, 0, 5), LOW(0), EQUAL(PR_SET_NAME, 1, 0), EQUAL(PR_GET_NAME, 0, 1), YES, NO(EPERM),
  };
  const struct sock_filter brokered[] = {REFUSE(ioctl, ENOTTY) /* "no terminal here" */, NO(EPERM)};
  const struct sock_filter networking[] = {
      EQUAL(__NR_socket, 0, 5), LOW(0), EQUAL(AF_INET, 1, 0), EQUAL(AF_INET6, 0, 1), YES, NO(EPERM),
      EQUAL(__NR_ioctl, 0, 5), LOW(1), EQUAL(FIONBIO, 1, 0), EQUAL(FIONREAD, 0, 1), YES, NO(ENOTTY),
      ALLOW(connect), ALLOW(bind), ALLOW(sendto), ALLOW(recvfrom), ALLOW(sendmsg), ALLOW(recvmsg), ALLOW(sendmmsg),
      ALLOW(recvmmsg), ALLOW(getsockopt), ALLOW(setsockopt), ALLOW(getsockname), ALLOW(getpeername), ALLOW(shutdown),
      NO(EPERM),
  };
  struct sock_filter program[sizeof always / sizeof *always + sizeof networking / sizeof *networking];
  const size_t size = direct ? sizeof networking : sizeof brokered;
  __builtin_memcpy(program, always, sizeof always);
  __builtin_memcpy((char *)program + sizeof always, direct ? networking : brokered, size);
  const struct sock_fprog list = {(unsigned short)((sizeof always + size) / sizeof *program), program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &list, 0, 0);
}
