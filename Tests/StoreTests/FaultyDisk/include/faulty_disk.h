/* A disk under SQLite that once fails to keep what it was given. */
#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

/* Makes every file that SQLite opens from now on in this process lie on such a disk: sync number `failing` of the process,
 * counted from 1 over all files, fails, and what was written to that file since its last good sync is gone, as Linux drops
 * dirty pages whose write-back failed. Every other sync succeeds, the later ones too. Call it once, before the first
 * connection. Returns 0, or SQLite's code. */
int faulty_disk_install(unsigned long failing);

/* Syncs so far. Any thread. */
unsigned long faulty_disk_syncs(void);

#endif
