#include "faulty_disk.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One write since the last sync: where, and what was there before. */
struct undo {
  struct undo *next;
  sqlite3_int64 offset, size_before;
  int length, kept; /* bytes that were there before, at most `length` */
  unsigned char before[];
};

struct file {
  sqlite3_file base;
  struct undo *undo;
  sqlite3_file *real; /* lies behind this struct */
};

static sqlite3_vfs disk, *linux_disk;
static sqlite3_io_methods methods;
static unsigned long failing;
static atomic_ulong syncs;

static struct file *of(sqlite3_file *file) { return (struct file *)file; }

static sqlite3_file *real(sqlite3_file *file) { return of(file)->real; }

static void forget(struct file *file) {
  while (file->undo) {
    struct undo *next = file->undo->next;
    free(file->undo);
    file->undo = next;
  }
}

/* Newest first, so that the oldest content comes last and stays. */
static void lose(struct file *file) {
  for (struct undo *undo = file->undo; undo; undo = undo->next) {
    if (undo->kept) file->real->pMethods->xWrite(file->real, undo->before, undo->kept, undo->offset);
    sqlite3_int64 size = 0;
    file->real->pMethods->xFileSize(file->real, &size);
    if (size > undo->size_before) file->real->pMethods->xTruncate(file->real, undo->size_before);
  }
  forget(file);
}

static int f_close(sqlite3_file *file) {
  forget(of(file));
  return real(file)->pMethods->xClose(real(file));
}

static int f_read(sqlite3_file *file, void *to, int length, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), to, length, offset);
}

static int f_write(sqlite3_file *file, const void *from, int length, sqlite3_int64 offset) {
  struct undo *undo = calloc(1, sizeof *undo + (size_t)length);
  if (!undo) return SQLITE_NOMEM;
  undo->offset = offset;
  undo->length = length;
  real(file)->pMethods->xFileSize(real(file), &undo->size_before);
  sqlite3_int64 there = undo->size_before - offset;
  undo->kept = there <= 0 ? 0 : there < length ? (int)there : length;
  if (undo->kept) real(file)->pMethods->xRead(real(file), undo->before, undo->kept, offset);
  undo->next = of(file)->undo;
  of(file)->undo = undo;
  return real(file)->pMethods->xWrite(real(file), from, length, offset);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size) {
  forget(of(file));
  return real(file)->pMethods->xTruncate(real(file), size);
}

static int f_sync(sqlite3_file *file, int flags) {
  if (atomic_fetch_add(&syncs, 1) + 1 == failing) {
    lose(of(file));
    return SQLITE_IOERR_FSYNC;
  }
  int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) forget(of(file));
  return code;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}

static int f_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }

static int f_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }

static int f_reserved(sqlite3_file *file, int *out) {
  return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int f_control(sqlite3_file *file, int what, void *argument) {
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int f_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }

static int f_traits(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

static int f_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void f_shm_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }

static int f_shm_unmap(sqlite3_file *file, int delete) {
  return real(file)->pMethods->xShmUnmap(real(file), delete);
}

static int f_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  struct file *own = of(file);
  memset(own, 0, sizeof *own);
  own->real = (sqlite3_file *)(own + 1);
  int code = linux_disk->xOpen(linux_disk, name, own->real, flags, out);
  if (own->real->pMethods) own->base.pMethods = &methods;
  return code;
}

int faulty_disk_install(unsigned long number) {
  int code = sqlite3_initialize();
  if (code != SQLITE_OK) return code;
  failing = number;
  linux_disk = sqlite3_vfs_find(NULL);
  disk = *linux_disk;
  disk.zName = "faulty";
  disk.pNext = NULL;
  disk.szOsFile = (int)sizeof(struct file) + linux_disk->szOsFile;
  disk.xOpen = f_open;
  /* Version 2: with shared memory for the log's index, without memory-mapped reads. */
  methods = (sqlite3_io_methods){
      2,         f_close,    f_read,   f_write,   f_truncate, f_sync,     f_size,        f_lock,     f_unlock,
      f_reserved, f_control, f_sector, f_traits, f_shm_map,  f_shm_lock, f_shm_barrier, f_shm_unmap, NULL, NULL};
  return sqlite3_vfs_register(&disk, 1);
}

unsigned long faulty_disk_syncs(void) { return atomic_load(&syncs); }
