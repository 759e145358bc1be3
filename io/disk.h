/* SPDX-License-Identifier: BSD-3-Clause
 * Plain files, written so that a full disk, a killed process or a short write is told as it is.
 * Files that must be there whole or not at all are written as NAME.tomochron-part and renamed; a
 * leftover part is nobody's data and is overwritten without asking.
 *
 * Codes: ERR_RESOURCE when the disk, a quota or a size limit is the reason (or the device fails),
 * ERR_USAGE when the place cannot be written to, ERR_FAILED otherwise. A size limit (ulimit -f)
 * arrives as an error only in a process that ignores SIGXFSZ. */
#ifndef IO_DISK_H
#define IO_DISK_H

#include "core/arena.h"
#include "core/error.h"

#include <stdbool.h>
#include <stdint.h>

/* fail() from errno: "PATH: WHAT failed: REASON", with bytes needed and free when room is short. */
enum err disk_fail(const char *path, const char *what, int64_t needed);

/* flags as in open(2); O_CLOEXEC is added. */
enum err disk_open(int *fd, const char *path, int flags);
enum err disk_close(int *fd, const char *path); /* -1 is fine; network file systems report here */

/* All of it or an error. */
enum err disk_write(int fd, const char *path, const void *data, int64_t bytes, int64_t offset);
enum err disk_read(int fd, const char *path, void *data, int64_t bytes, int64_t offset);

/* CRC-32 of a range, read in pieces through the scratch buffer. */
enum err disk_checksum(int fd, const char *path, int64_t offset, int64_t bytes, void *scratch,
	int64_t scratch_bytes, uint32_t *crc);

/* ERR_RESOURCE with both numbers unless `bytes` are free where path lies (or will lie). */
enum err disk_need(const char *path, int64_t bytes);

/* Takes the blocks of a range now, so that a full disk shows at once and not hours later. Does
 * nothing on file systems that cannot. */
enum err disk_reserve(int fd, const char *path, int64_t offset, int64_t bytes);

/* Could the (empty) file grow to `bytes`? It is empty again afterwards. For libraries that do not
 * take a failed write well. */
enum err disk_probe(int fd, const char *path, int64_t bytes);

/* Could this file, open elsewhere, grow by `bytes` now? It is as long as before afterwards. */
enum err disk_room(const char *path, int64_t bytes);

/* The folder that path lies in exists and may be written to: ERR_USAGE otherwise. */
enum err disk_parent(const char *path, struct arena *arena);
const char *disk_folder(const char *path, struct arena *arena); /* of path; NULL: no memory */

/* From here to close(): others who hold the folder of path wait. -1 where that cannot be had. */
int disk_hold_folder(const char *path, struct arena *arena);

const char *disk_part(const char *path, struct arena *arena); /* PATH.tomochron-part */
enum err disk_rename(const char *from, const char *to);
enum err disk_remove(const char *path); /* a file that is not there is fine */

/* A small file, whole or not at all. */
enum err disk_save(const char *path, const char *text, struct arena *arena);

/* Files of a folder: is there any, parts aside? Remove those recon_DIGITS.tif (and their parts) and the names
 * given (NULL-ended); others stay. */
enum err disk_folder_empty(const char *path, bool *empty);
enum err disk_clear_slices(const char *path, const char *const *names, struct arena *arena);

#endif
