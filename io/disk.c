/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/disk.h"

#include "io/checksum.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char PART[] = ".tomochron-part";

struct size_text {
	char s[32];
};

/* "116.0 GB" */
static struct size_text size_text(int64_t bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
	struct size_text text;
	double value = (double)bytes;
	int unit = 0;

	while (value >= 1000 && unit < 5) {
		value /= 1000;
		unit++;
	}
	snprintf(text.s, sizeof(text.s), "%.*f %s", unit ? 1 : 0, value, units[unit]);
	return text;
}

/* Free bytes for this user where path lies; its folder is asked when it does not exist yet.
 * -1: not known. */
static int64_t free_bytes(const char *path)
{
	struct statvfs fs;
	char folder[4096];
	char *slash;

	if (statvfs(path, &fs) == 0)
		return (int64_t)(fs.f_bavail * fs.f_frsize);
	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return -1;
	slash = strrchr(folder, '/');
	if (!slash)
		snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0';
	return statvfs(folder, &fs) == 0 ? (int64_t)(fs.f_bavail * fs.f_frsize) : -1;
}

enum err disk_fail(const char *path, const char *what, int64_t needed)
{
	int reason = errno;

	switch (reason) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return fail(ERR_RESOURCE,
			"%s: %s failed: %s (%s%s%s free); make room, then the same command goes on",
			path, what, strerror(reason), needed > 0 ? size_text(needed).s : "",
			needed > 0 ? " needed, " : "", size_text(free_bytes(path)).s);
	case EIO:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return fail(ERR_RESOURCE, "%s: %s failed: %s", path, what, strerror(reason));
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENAMETOOLONG:
	case ETXTBSY:
		return fail(ERR_USAGE, "%s: %s failed: %s", path, what, strerror(reason));
	default:
		return fail(ERR_FAILED, "%s: %s failed: %s", path, what, strerror(reason));
	}
}

enum err disk_open(int *fd, const char *path, int flags)
{
	do
		*fd = open(path, flags | O_CLOEXEC, 0666);
	while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? disk_fail(path, flags & O_CREAT ? "creating" : "opening", 0) : OK;
}

enum err disk_close(int *fd, const char *path)
{
	int old = *fd;

	*fd = -1;
	if (old >= 0 && close(old) != 0 && errno != EINTR)
		return disk_fail(path, "closing", 0);
	return OK;
}

enum err disk_write(int fd, const char *path, const void *data, int64_t bytes, int64_t offset)
{
	const char *at = data;

	while (bytes > 0) {
		ssize_t n = pwrite(fd, at, (size_t)bytes, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return disk_fail(path, "writing", bytes);
		at += n;
		bytes -= n;
		offset += n;
	}
	return OK;
}

enum err disk_read(int fd, const char *path, void *data, int64_t bytes, int64_t offset)
{
	char *at = data;

	while (bytes > 0) {
		ssize_t n = pread(fd, at, (size_t)bytes, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return disk_fail(path, "reading", bytes);
		if (n == 0)
			return fail(ERR_INPUT, "%s: ends at byte %lld, %lld more were expected",
				path, (long long)offset, (long long)bytes);
		at += n;
		bytes -= n;
		offset += n;
	}
	return OK;
}

enum err disk_checksum(int fd, const char *path, int64_t offset, int64_t bytes, void *scratch,
	int64_t scratch_bytes, uint32_t *crc)
{
	*crc = 0;
	while (bytes > 0) {
		int64_t n = bytes < scratch_bytes ? bytes : scratch_bytes;

		TRY(disk_read(fd, path, scratch, n, offset));
		*crc = checksum(*crc, scratch, n);
		offset += n;
		bytes -= n;
	}
	return OK;
}

enum err disk_need(const char *path, int64_t bytes)
{
	int64_t there = free_bytes(path);

	if (there >= 0 && there < bytes)
		return fail(ERR_RESOURCE, "%s: %s are needed, %s are free on its file system", path,
			size_text(bytes).s, size_text(there).s);
	return OK;
}

enum err disk_reserve(int fd, const char *path, int64_t offset, int64_t bytes)
{
	int result;

	/* not posix_fallocate(): where the system cannot, that writes to every block */
	do
		result = bytes > 0 ? fallocate(fd, 0, offset, bytes) : 0;
	while (result != 0 && errno == EINTR);
	if (result == 0 || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)
		return OK;
	return disk_fail(path, "reserving room", bytes);
}

enum err disk_probe(int fd, const char *path, int64_t bytes)
{
	if (ftruncate(fd, bytes) != 0)
		return disk_fail(path, "reserving room", bytes);
	TRY(disk_reserve(fd, path, 0, bytes));
	return ftruncate(fd, 0) == 0 ? OK : disk_fail(path, "reserving room", bytes);
}

enum err disk_room(const char *path, int64_t bytes)
{
	struct stat st;
	enum err e = OK;
	int fd;

	TRY(disk_open(&fd, path, O_RDWR));
	if (fstat(fd, &st) != 0 || ftruncate(fd, st.st_size + bytes) != 0)
		e = disk_fail(path, "reserving room", bytes);
	if (e == OK)
		e = disk_reserve(fd, path, st.st_size, bytes);
	if (e == OK && ftruncate(fd, st.st_size) != 0)
		e = disk_fail(path, "reserving room", bytes);
	close(fd);
	return e;
}

const char *disk_folder(const char *path, struct arena *arena)
{
	char *folder = arena_copy(arena, path);
	char *slash;
	size_t n;

	if (!folder)
		return NULL;
	for (n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--)
		folder[n - 1] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return ".";
	slash[slash == folder] = '\0';
	return folder;
}

enum err disk_parent(const char *path, struct arena *arena)
{
	const char *folder = disk_folder(path, arena);
	struct stat st;

	NEED(folder);
	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
		return fail(ERR_USAGE, "%s: there is no folder %s; make it first", path, folder);
	if (access(folder, W_OK | X_OK) != 0)
		return fail(ERR_USAGE, "%s: the folder %s cannot be written to: %s", path, folder,
			strerror(errno));
	return OK;
}

int disk_hold_folder(const char *path, struct arena *arena)
{
	const char *folder = disk_folder(path, arena);
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

const char *disk_part(const char *path, struct arena *arena)
{
	return arena_format(arena, "%s%s", path, PART);
}

enum err disk_rename(const char *from, const char *to)
{
	return rename(from, to) == 0 ? OK : disk_fail(to, "renaming to it", 0);
}

enum err disk_remove(const char *path)
{
	return unlink(path) == 0 || errno == ENOENT ? OK : disk_fail(path, "removing", 0);
}

enum err disk_save(const char *path, const char *text, struct arena *arena)
{
	const char *part = disk_part(path, arena);
	enum err e;
	int fd;

	NEED(part);
	TRY(disk_open(&fd, part, O_WRONLY | O_CREAT | O_TRUNC));
	e = disk_write(fd, path, text, (int64_t)strlen(text), 0);
	if (e == OK)
		e = disk_close(&fd, path);
	if (e == OK)
		e = disk_rename(part, path);
	if (e != OK) {
		close(fd);
		unlink(part);
	}
	return e;
}

static bool is_part(const char *name)
{
	size_t n = strlen(name);

	return n >= sizeof(PART) && !strcmp(name + n + 1 - sizeof(PART), PART);
}

enum err disk_folder_empty(const char *path, bool *empty)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	*empty = true;
	if (!folder)
		return disk_fail(path, "opening the folder", 0);
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
			!is_part(entry->d_name))
			*empty = false;
	closedir(folder);
	return OK;
}

static bool is_slice(const char *name)
{
	size_t digits;

	if (strncmp(name, "recon_", 6) != 0)
		return false;
	name += 6;
	digits = strspn(name, "0123456789");
	if (digits < 5 || strncmp(name + digits, ".tif", 4) != 0)
		return false;
	name += digits + 4;
	return *name == '\0' || !strcmp(name, PART);
}

static bool is_named(const char *name, const char *const *names)
{
	for (; *names; names++) {
		size_t n = strlen(*names);

		if (!strncmp(name, *names, n) && (name[n] == '\0' || !strcmp(name + n, PART)))
			return true;
	}
	return false;
}

enum err disk_clear_slices(const char *path, const char *const *names, struct arena *arena)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	enum err e = OK;

	if (!folder)
		return errno == ENOENT ? OK : disk_fail(path, "opening the folder", 0);
	while (e == OK && (entry = readdir(folder))) {
		if (!is_slice(entry->d_name) && !is_named(entry->d_name, names))
			continue;
		struct arena_mark mark = arena_mark(arena);
		const char *file = arena_format(arena, "%s/%s", path, entry->d_name);

		e = file ? disk_remove(file) : ERR_RESOURCE;
		arena_release(arena, mark);
	}
	closedir(folder);
	return e;
}
