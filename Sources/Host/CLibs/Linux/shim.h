// Linux calls that Swift's Glibc module hides, and the few that need a C macro or a union.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

// Debian 12's headers may lack the numbers; they are the same on every architecture.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

// Whether somebody has the file open for writing: 1 or 0, or -1 where the kernel does not tell. After 0 whoever opens it for
// writing waits until the descriptor is closed, at most /proc/sys/fs/lease-break-time (fcntl(2), "Leases").
static inline int slipway_is_being_written(int fd) {
  struct statfs file_system;
  // NFS answers EAGAIN for want of a delegation, too.
  if (fstatfs(fd, &file_system) != 0 || file_system.f_type == 0x6969) return -1;
  // A writer who has to wait makes the kernel send a signal: this one, which does nothing, and not SIGIO, which kills.
  if (fcntl(fd, F_SETSIG, SIGURG) != 0) return -1;
  if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) return 0;
  return errno == EAGAIN ? 1 : -1;
}

static inline int slipway_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0u); }

static inline int slipway_pidfd_send_signal(int pidfd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, number, (void *)0, 0u);
}

// Reaps the child of that pidfd without waiting. 1: reaped, *code and *status filled as in waitid;
// 0: still running; -1: errno.
static inline int slipway_waitid_pidfd(int pidfd, int *code, int *status) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -1;
  if (info.si_pid == 0) return 0;
  *code = info.si_code;
  *status = info.si_status;
  return 1;
}

static inline int slipway_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

static inline int slipway_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

static inline int slipway_prctl(int option, unsigned long argument) { return prctl(option, argument, 0ul, 0ul, 0ul); }

static inline int slipway_no_core(void) {
  const struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_CORE, &none);
}

static inline int slipway_peer_credentials(int fd, pid_t *pid, uid_t *uid, gid_t *gid) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *pid = credentials.pid;
  *uid = credentials.uid;
  *gid = credentials.gid;
  return 0;
}

// Sends one byte with a descriptor beside it. 0 or -1 with errno.
static inline int slipway_send_descriptor(int socket, int fd) {
  char byte = 0;
  struct iovec data = {&byte, 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

// Receives what slipway_send_descriptor sent: the descriptor (close-on-exec), -1 with errno,
// or -2 at end of file or where the byte came without one.
static inline int slipway_receive_descriptor(int socket) {
  char byte = 0;
  struct iovec data = {&byte, 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (got < 0) return -1;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  if (got == 0 || rights == NULL || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS ||
      rights->cmsg_len != CMSG_LEN(sizeof(int)))
    return -2;
  int fd;
  memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return fd;
}

// With _GNU_SOURCE these take transparent unions, which Swift cannot make.
static inline int slipway_bind(int fd, const struct sockaddr *address, socklen_t length) {
  return bind(fd, address, length);
}

static inline int slipway_connect(int fd, const struct sockaddr *address, socklen_t length) {
  return connect(fd, address, length);
}

static inline int slipway_getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  return getsockname(fd, address, length);
}

static inline int slipway_getpeername(int fd, struct sockaddr *address, socklen_t *length) {
  return getpeername(fd, address, length);
}

static inline int slipway_accept(int fd, int flags) { return accept4(fd, (struct sockaddr *)0, (socklen_t *)0, flags); }
