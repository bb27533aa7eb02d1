#include "bare_ledger.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int row(sqlite3_stmt *look, sqlite3_stmt *store, int key, const void *value, int bytes) {
  char name[48];
  const int length = snprintf(name, sizeof name, "resource/%026d", key);
  sqlite3_bind_text(look, 1, name, length, SQLITE_STATIC);
  const int found = sqlite3_step(look);
  const sqlite3_int64 version = found == SQLITE_ROW ? sqlite3_column_int64(look, 0) : 0;
  sqlite3_reset(look);
  if (found != SQLITE_ROW && found != SQLITE_DONE) return 0;
  sqlite3_bind_text(store, 1, name, length, SQLITE_STATIC);
  sqlite3_bind_int64(store, 2, version + 1);
  sqlite3_bind_blob(store, 3, value, bytes, SQLITE_STATIC);
  const int stored = sqlite3_step(store);
  sqlite3_reset(store);
  return stored == SQLITE_DONE;
}

double bare_ledger_commits(const char *path, int rows, int keys, int bytes, int batch) {
  sqlite3 *db = NULL;
  sqlite3_stmt *look = NULL, *store = NULL;
  void *value = calloc(1, (size_t)bytes);
  double seconds = -1;
  if (value != NULL && sqlite3_open(path, &db) == SQLITE_OK &&
      sqlite3_exec(db,
                   "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;"
                   "CREATE TABLE records(key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL)"
                   " STRICT, WITHOUT ROWID",
                   NULL, NULL, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(db, "SELECT version FROM records WHERE key = ?1", -1, &look, NULL) == SQLITE_OK &&
      sqlite3_prepare_v2(db,
                         "INSERT INTO records(key, version, value) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(key) DO UPDATE SET version = excluded.version, value = excluded.value",
                         -1, &store, NULL) == SQLITE_OK) {
    const double began = now();
    int good = 1;
    for (int done = 0; good && done < rows;) {
      good = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
      for (int last = done + batch < rows ? done + batch : rows; good && done < last; done++) {
        good = row(look, store, done % keys, value, bytes);
      }
      good = good && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    }
    if (good) seconds = now() - began;
  }
  sqlite3_finalize(look);
  sqlite3_finalize(store);
  sqlite3_close(db);
  free(value);
  return seconds;
}
