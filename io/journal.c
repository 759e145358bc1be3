/* SPDX-License-Identifier: BSD-3-Clause */
#include "io/journal.h"

#include "io/checksum.h"
#include "io/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FIRST[] = "tomochron journal 1\n";

/* Is the line [at, end) closed by MARK and the CRC of what stands before MARK? */
static bool sealed(const char *at, const char *line_end, const char *mark)
{
	size_t n = strlen(mark);
	const char *seal = line_end - 8 - n;
	char *stop;

	if (seal < at || memcmp(seal, mark, n) != 0)
		return false;
	return strtoul(seal + n, &stop, 16) == checksum(0, at, seal - at) && stop == line_end;
}

enum err journal_read(struct journal_text *text, const char *path, struct arena *arena)
{
	struct stat st;
	char *all, *end, *line;
	enum err e;
	int fd;

	*text = (struct journal_text){.state = JOURNAL_NONE};
	if (stat(path, &st) != 0)
		return errno == ENOENT ? OK : disk_fail(path, "looking it up", 0);
	text->state = JOURNAL_FOREIGN;
	if (!S_ISREG(st.st_mode))
		return OK;
	NEED(all = ARENA_NEW(arena, char, st.st_size + 1));
	TRY(disk_open(&fd, path, O_RDONLY));
	e = disk_read(fd, path, all, st.st_size, 0);
	close(fd);
	TRY(e);
	all[st.st_size] = '\0';
	if (strncmp(all, FIRST, sizeof(FIRST) - 1) != 0) {
		if (st.st_size == 0)
			text->state = JOURNAL_NONE;
		return OK;
	}
	text->state = JOURNAL_NONE;
	end = strstr(all, "\nend ");
	line = end ? strchr(end + 1, '\n') : NULL;
	if (!line || !sealed(all, line, "end "))
		return OK;
	end[1] = '\0';
	text->head = all + sizeof(FIRST) - 1;
	text->lines = line + 1;
	text->state = JOURNAL_BEGUN;
	for (const char *at = text->lines; (end = strchr(at, '\n')); at = end + 1) {
		if (!strncmp(at, "complete\n", 9))
			text->state = JOURNAL_COMPLETE;
		else if (strncmp(at, "slab ", 5) != 0 || !sealed(at, end, "="))
			break;
		text->good = end + 1 - all;
	}
	if (text->good == 0)
		text->good = text->lines - all;
	all[text->good] = '\0';
	return OK;
}

static enum err replay_slab(
	const char *line, const char *path, struct slice_record *slices, int64_t nz, int n_counts)
{
	char *at;
	int64_t z0 = strtoll(line + 5, &at, 10), z1 = strtoll(at, &at, 10);

	if (z0 < 0 || z1 > nz || z0 >= z1)
		goto misfit;
	for (int64_t z = z0; z < z1; z++) {
		slices[z].crc = (uint32_t)strtoul(at, &at, 16);
		for (int i = 0; i < n_counts; i++) {
			if (*at != (i ? ',' : ':'))
				goto misfit;
			slices[z].counts[i] = strtoll(at + 1, &at, 10);
		}
		if (*at != ' ')
			goto misfit;
		slices[z].done = true;
	}
	return OK;
misfit:
	return fail(ERR_USAGE, "%s: the line '%.40s' does not fit the volume; --force starts over",
		path, line);
}

enum err journal_replay(const struct journal_text *text, const char *path,
	struct slice_record *slices, int64_t nz, int n_counts)
{
	const char *end;

	for (const char *at = text->lines; (end = strchr(at, '\n')); at = end + 1)
		if (!strncmp(at, "slab ", 5))
			TRY(replay_slab(at, path, slices, nz, n_counts));
	return OK;
}

/* Walks the leaves of nested NAME: VALUE lines. */
enum { MAX_DEPTH = 8 };
struct leaves {
	const char *at;
	struct {
		int indent;
		const char *name;
		int n;
	} level[MAX_DEPTH];
	int depth;
	char name[256];
	const char *value;
	int value_n;
};

static void join_name(struct leaves *l)
{
	int used = 0;

	l->name[0] = '\0';
	for (int i = 0; i < l->depth; i++) {
		if (i == 0 && l->depth > 1 && !strncmp(l->level[0].name, "config:", 7))
			continue;
		used += snprintf(l->name + used, sizeof(l->name) - (size_t)used, "%s%.*s",
			used ? "." : "", l->level[i].n, l->level[i].name);
		if (used >= (int)sizeof(l->name))
			return;
	}
}

static bool next_leaf(struct leaves *l)
{
	while (*l->at) {
		const char *line = l->at, *end = strchrnul(line, '\n'), *value, *comment;
		const char *start = line + strspn(line, " ");
		const char *colon = memchr(line, ':', (size_t)(end - line));
		int indent = (int)(start - line);

		l->at = *end ? end + 1 : end;
		if (!colon || start >= end || *start == '#')
			continue;
		while (l->depth > 0 && l->level[l->depth - 1].indent >= indent)
			l->depth--;
		if (l->depth == MAX_DEPTH)
			continue;
		l->level[l->depth].indent = indent;
		l->level[l->depth].name = start;
		l->level[l->depth++].n = (int)(colon - start);
		value = colon + 1 + strspn(colon + 1, " ");
		comment = memmem(value, value < end ? (size_t)(end - value) : 0, " #", 2);
		if (comment)
			end = comment;
		while (end > value && end[-1] == ' ')
			end--;
		if (value >= end || *value == '#')
			continue; /* a section */
		join_name(l);
		l->value = value;
		l->value_n = (int)(end - value);
		return true;
	}
	return false;
}

static bool ignored(const char *name)
{
	return !strcmp(name, "output.path") || !strncmp(name, "run.", 4);
}

/* The leaf after that in *l, else from the start: both texts mostly have the same order, and there
 * may be 100000 inputs. */
static bool find_leaf(struct leaves *l, const char *text, const char *name)
{
	if (l->at && next_leaf(l) && !strcmp(l->name, name))
		return true;
	*l = (struct leaves){.at = text};
	while (next_leaf(l))
		if (!strcmp(l->name, name))
			return true;
	return false;
}

enum err journal_difference(
	const char *was, const char *is, const char **difference, struct arena *arena)
{
	struct leaves new = {.at = is}, old = {.at = was}, other = {0};

	*difference = NULL;
	while (next_leaf(&new)) {
		bool there = find_leaf(&other, was, new.name);

		if (ignored(new.name) ||
			(there && other.value_n == new.value_n &&
				!memcmp(other.value, new.value, (size_t) new.value_n)))
			continue;
		*difference = there ? arena_format(arena, "%s was %.*s, is %.*s", new.name,
					      other.value_n, other.value, new.value_n, new.value)
				    : arena_format(arena, "%s was not set, is %.*s", new.name,
					      new.value_n, new.value);
		return *difference ? OK : ERR_RESOURCE;
	}
	other.at = NULL;
	while (next_leaf(&old)) {
		if (ignored(old.name) || find_leaf(&other, is, old.name))
			continue;
		*difference = arena_format(
			arena, "%s was %.*s, is not set", old.name, old.value_n, old.value);
		return *difference ? OK : ERR_RESOURCE;
	}
	return OK;
}

static enum err take_lock(const struct journal *journal)
{
	if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return OK; /* file systems without locks: go on */
	return fail(ERR_USAGE, "%s: another process is writing this output", journal->path);
}

static enum err append(struct journal *journal, const char *text)
{
	int64_t n = (int64_t)strlen(text);

	TRY(disk_write(journal->fd, journal->path, text, n, journal->at));
	journal->at += n;
	return OK;
}

/* Text with the head sealed and `tail` behind it, aside, synced and renamed; locked if it is to be kept. */
static enum err write_whole(struct journal *journal, const char *path, const char *head,
	const char *tail, struct arena *arena)
{
	const char *part = disk_part(path, arena);
	const char *text = arena_format(arena, "%s%s", FIRST, head);
	enum err e;

	NEED(part);
	NEED(text);
	NEED(text = arena_format(arena, "%send %08x\n%s", text,
		     checksum(0, text, (int64_t)strlen(text)), tail));
	*journal = (struct journal){.path = path};
	TRY(disk_open(&journal->fd, part, O_RDWR | O_CREAT | O_TRUNC));
	e = take_lock(journal);
	if (e == OK)
		e = append(journal, text);
	if (e == OK && fsync(journal->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		e = disk_fail(path, "writing", journal->at);
	if (e == OK)
		e = disk_rename(part, path);
	if (e != OK) {
		unlink(part);
		journal_close(journal);
	}
	return e;
}

enum err journal_create(
	struct journal *journal, const char *path, const char *head, struct arena *arena)
{
	return write_whole(journal, path, head, "", arena);
}

enum err journal_conclude(struct journal *journal, const char *head, struct arena *arena)
{
	struct journal short_one;

	TRY(write_whole(&short_one, journal->path, head, "complete\n", arena));
	journal_close(journal);
	return disk_close(&short_one.fd, short_one.path);
}

enum err journal_reopen(struct journal *journal, const char *path, int64_t good)
{
	enum err e;

	*journal = (struct journal){.path = path, .at = good};
	TRY(disk_open(&journal->fd, path, O_RDWR));
	e = take_lock(journal);
	if (e == OK && ftruncate(journal->fd, good) != 0)
		e = disk_fail(path, "cutting a torn line off", 0);
	if (e != OK)
		journal_close(journal);
	return e;
}

enum err journal_slab(struct journal *journal, int64_t z0, int64_t z1,
	const struct slice_record *slices, int n_counts, struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	int64_t room = 80 + (z1 - z0) * (10 + 21 * (int64_t)n_counts), n;
	char *line = ARENA_NEW(arena, char, room);
	enum err e;

	NEED(line);
	n = sprintf(line, "slab %" PRId64 " %" PRId64 " ", z0, z1);
	for (int64_t z = z0; z < z1; z++) {
		n += sprintf(line + n, "%08x", slices[z].crc);
		for (int i = 0; i < n_counts; i++)
			n += sprintf(line + n, "%c%" PRId64, i ? ',' : ':', slices[z].counts[i]);
		n += sprintf(line + n, " ");
	}
	sprintf(line + n, "=%08x\n", checksum(0, line, n));
	e = append(journal, line);
	arena_release(arena, mark);
	return e;
}

enum err journal_complete(struct journal *journal)
{
	TRY(append(journal, "complete\n"));
	return disk_close(&journal->fd, journal->path);
}

void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}
