// SQLite, with plain functions in place of its variadic ones, which Swift cannot call.
#pragma once
#include <sqlite3.h>

// Whether closing the last connection leaves the write-ahead log as it is, in place of writing it into the database.
static inline int slipway_sqlite_keep_log(sqlite3 *handle, int keep) {
  return sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep, (int *)0);
}
