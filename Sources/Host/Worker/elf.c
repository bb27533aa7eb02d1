/* elf.c: a look at the plugin's file before the loader maps it. The loader trusts a file's headers: one
 * that is cut short would end the worker with SIGBUS instead of an error. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#error "name the machine's ELF number"
#endif

/* True when the whole of [offset, offset + length) lies in a file of `size` bytes. */
static bool lies_within(uint64_t offset, uint64_t length, uint64_t size) {
  return offset <= size && length <= size - offset;
}

static bool check_segments(int descriptor, const Elf64_Ehdr *header, uint64_t size, char *found, size_t room) {
  for (uint32_t i = 0; i < header->e_phnum; i++) {
    Elf64_Phdr segment;
    const uint64_t at = header->e_phoff + (uint64_t)i * sizeof segment;
    const bool whole = lies_within(header->e_phoff, (uint64_t)header->e_phnum * sizeof segment, size) &&
                       pread(descriptor, &segment, sizeof segment, (off_t)at) == (ssize_t)sizeof segment &&
                       lies_within(segment.p_offset, segment.p_filesz, size);
    if (whole) continue;
    snprintf(found, room, "a file that was cut short: its segments reach beyond its %llu bytes",
             (unsigned long long)size);
    return false;
  }
  return true;
}

static bool check_file(int descriptor, char *found, size_t room) {
  Elf64_Ehdr header;
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    snprintf(found, room, "something that is not a regular file");
  } else if (pread(descriptor, &header, sizeof header, 0) != (ssize_t)sizeof header ||
             memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    snprintf(found, room, "a file of %lld bytes that is not ELF", (long long)status.st_size);
  } else if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != MACHINE) {
    snprintf(found, room, "ELF for another machine (number %u)", header.e_machine);
  } else if (header.e_type != ET_DYN || header.e_phentsize != sizeof(Elf64_Phdr)) {
    snprintf(found, room, "ELF that is not a shared object (type %u)", header.e_type);
  } else {
    return check_segments(descriptor, &header, (uint64_t)status.st_size, found, room);
  }
  return false;
}

bool elf_check(const char *path, char *found, size_t room) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor == -1) {
    snprintf(found, room, "no file that can be opened: %s", strerror(errno));
    return false;
  }
  const bool usable = check_file(descriptor, found, room);
  close(descriptor);
  return usable;
}
