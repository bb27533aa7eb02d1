/* bare_ledger.h: the least that durable commits can cost: a plain loop over sqlite3. */
#ifndef BARE_LEDGER_H
#define BARE_LEDGER_H

/* Makes a database at `path`, which must not exist, and replaces `rows` times one of `keys` records with `bytes` bytes, each
 * after a look at its version, so many of them in each transaction as `batch` says; synchronous=FULL and a write-ahead log, as
 * the ledger has them. Seconds that took, or -1. Blocks. */
double bare_ledger_commits(const char *path, int rows, int keys, int bytes, int batch);

#endif
