/* SPDX-License-Identifier: BSD-3-Clause
 * Writers of scans that are killed at every block and at random moments, and taken up again: the bytes are
 * those of an unbroken scan, and finished frames are not made again. What is not to be taken up is told. */
#include "core/parallel.h"
#include "tests/scan_plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static const char *const names[] = {"hex", "hex-legacy", "nxtomo", "dxchange", "tiff"};

/* Shared by the processes: frames made, and how many are still made before the end. */
static struct {
	int64_t made, left;
} * shared;

static void count_or_die(int64_t n)
{
	if (shared->left-- == 0)
		kill(getpid(), SIGKILL);
	shared->made += n;
}

static int whole(const char *dir, const struct scan_plan *like)
{
	struct scan_plan plan = *like;
	struct scan_writer *w = NULL;
	enum err e;

	plan.dir = dir;
	e = scan_write_open(&w, &plan, arena);
	if (e == OK)
		e = write_all(w, 0, count_or_die);
	if (e == OK)
		e = scan_write_close(w);
	if (e != OK)
		print_error("%s\n", error_message());
	return (int)e;
}

/* In a process of its own, which is killed before its block `left` or after `microseconds`, if not negative. */
static bool killed(const char *dir, const struct scan_plan *plan, int64_t left, int microseconds)
{
	int status;
	pid_t child;

	shared->left = left;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(whole(dir, plan));
	if (microseconds >= 0) {
		usleep((useconds_t)microseconds);
		kill(child, SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

static int compared;
static const char *other_root;
static size_t root_length;

static int compare(const char *path, const struct stat *s, int type, struct FTW *walk)
{
	const char *other = arena_format(arena, "%s%s", other_root, path + root_length);
	char one[4096], two[4096];
	FILE *a, *b;
	size_t n;

	(void)s;
	(void)walk;
	if (type != FTW_F)
		return 0;
	a = fopen(path, "r");
	b = fopen(other, "r");
	if (!a || !b)
		print_error("%s or %s is not there\n", path, other);
	assert_true(a && b);
	do {
		n = fread(one, 1, sizeof(one), a);
		assert_int_equal(fread(two, 1, sizeof(two), b), n);
		if (memcmp(one, two, n) != 0)
			print_error("%s and %s differ\n", path, other);
		assert_memory_equal(one, two, n);
	} while (n > 0);
	fclose(a);
	fclose(b);
	compared++;
	return 0;
}

/* The same files with the same bytes. */
static void same_trees(const char *a, const char *b)
{
	int n;

	for (int i = 0; i < 2; i++) {
		compared = 0;
		root_length = strlen(i ? b : a);
		other_root = i ? a : b;
		assert_int_equal(nftw(i ? b : a, compare, 16, FTW_PHYS), 0);
		assert_true(compared > 0);
		if (i == 0)
			n = compared;
		else
			assert_int_equal(compared, n);
	}
}

static const char *below(const char *name)
{
	return arena_format(arena, "%s/%s", folder, name);
}

/* The scan that nothing broke, and how many frames it has. */
static int64_t unbroken(const struct scan_plan *plan, const char *dir)
{
	drop(dir);
	shared->made = 0;
	shared->left = -1;
	assert_int_equal(whole(dir, plan), OK);
	return shared->made;
}

static void killed_before_each_block(void **state)
{
	(void)state;
	for (int layout = 0; layout < 5; layout++) {
		struct scan_plan plan = plan_of((enum layout)layout, "");
		const char *good = below(names[layout]), *dir = below("broken");
		int64_t n = unbroken(&plan, good), blocks = 0;

		/* once: each run makes one block and dies before its second */
		drop(dir);
		shared->made = 0;
		while (killed(dir, &plan, 1, -1))
			blocks++;
		assert_int_equal(shared->made, n);
		/* of 2 frames, those of a kind alone; the last run makes the last one and ends */
		assert_int_equal(blocks, 2 + 2 + 6 + (layout == LAYOUT_NXTOMO ? 2 : 0) - 1);
		same_trees(good, dir);
		/* once more: it is complete, and nothing is made */
		assert_false(killed(dir, &plan, 0, -1));
		assert_int_equal(shared->made, n);
		same_trees(good, dir);
	}
}

static void killed_at_any_moment(void **state)
{
	int kills = 0;

	(void)state;
	srand(7);
	for (int round = 0; round < 60; round++) {
		struct scan_plan plan = plan_of((enum layout)(round % 5), "");
		const char *good = below(names[round % 5]), *dir = below("random");
		int tries = 0;

		unbroken(&plan, good);
		drop(dir);
		/* making the files takes some milliseconds, a block some tens of microseconds */
		while (tries < 6 && killed(dir, &plan, -1, rand() % 6000))
			tries++;
		kills += tries;
		assert_true(tries < 6 || !killed(dir, &plan, -1, -1));
		same_trees(good, dir);
	}
	print_message("%d kills\n", kills);
	assert_true(kills >= 20);
}

static void compressed_frames_begin_again(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_NXTOMO, "");
	const char *good = below("packed"), *dir = below("packed-broken");
	int64_t n;

	(void)state;
	plan.compression = COMPRESS_GZIP;
	n = unbroken(&plan, good);
	for (int64_t left = 0; left < 9; left += 2)
		assert_true(killed(dir, &plan, left, -1));
	shared->made = 0;
	assert_false(killed(dir, &plan, -1, -1));
	assert_int_equal(shared->made, n);
	same_trees(good, dir);
	shared->made = 0;
	assert_false(killed(dir, &plan, 0, -1)); /* complete */
	assert_int_equal(shared->made, 0);
}

/* A scan broken off in its projections. */
static const char *broken_off(const struct scan_plan *plan)
{
	const char *dir = below("half");

	drop(dir);
	assert_true(killed(dir, plan, 6, -1));
	return dir;
}

/* Changes a byte of a flat. */
static void spoil(const char *path, int64_t frame)
{
	uint16_t pixels[PIXELS];
	char all[1 << 16], *at;
	int fd = open(path, O_RDWR);
	ssize_t n = read(fd, all, sizeof(all));

	for (int i = 0; i < PIXELS; i++)
		pixels[i] = pixel(0, FRAME_FLAT, 0, frame, i);
	assert_true(n > 0 && n < (ssize_t)sizeof(all));
	at = memmem(all, (size_t)n, pixels, sizeof(pixels));
	assert_non_null(at);
	at[31]++;
	assert_int_equal(pwrite(fd, all, (size_t)n, 0), n);
	close(fd);
}

static void damaged_frames_are_made_again(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_NXTOMO, "");
	const char *good = below("whole"), *dir;
	int fd;

	(void)state;
	unbroken(&plan, good);
	dir = broken_off(&plan);
	spoil(arena_format(arena, "%s/scan.nxs", dir), 3);
	shared->made = 0;
	assert_false(killed(dir, &plan, -1, -1));
	assert_int_equal(shared->made, 22 - 11 + 1); /* six blocks were there, a frame is wrong */
	same_trees(good, dir);

	/* a file that is gone: all of it */
	dir = broken_off(&plan);
	assert_int_equal(remove(arena_format(arena, "%s/scan.nxs", dir)), 0);
	assert_false(killed(dir, &plan, -1, -1));
	same_trees(good, dir);

	/* one that is no longer HDF5, and a torn line in the journal */
	dir = broken_off(&plan);
	fd = open(arena_format(arena, "%s/scan.nxs", dir), O_RDWR | O_TRUNC);
	assert_int_equal(write(fd, "nonsense", 8), 8);
	close(fd);
	fd = open(arena_format(arena, "%s/scan.journal", dir), O_RDWR | O_APPEND);
	assert_int_equal(write(fd, "slab 3 5 123", 12), 12);
	close(fd);
	assert_false(killed(dir, &plan, -1, -1));
	same_trees(good, dir);
}

static void other_options_are_refused_unless_forced(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_HEX, ""), other;
	const char *good = below("other"), *dir;
	struct scan_writer *w = NULL;

	(void)state;
	other = plan;
	other.key = "simulate:\n  photons: 5000\n";
	unbroken(&other, good);
	dir = broken_off(&plan);
	other.dir = dir;
	assert_int_equal(scan_write_open(&w, &other, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "simulate.photons was 3000, is 5000"));
	assert_non_null(strstr(error_message(), "--force"));
	other.force = true;
	shared->made = 0;
	assert_false(killed(dir, &other, -1, -1));
	assert_int_equal(shared->made, N_PROJ + N_FLAT + N_DARK);
	same_trees(good, dir);

	/* complete ones too, and with force the same options begin again */
	other.force = false;
	plan.dir = dir;
	assert_int_equal(scan_write_open(&w, &plan, arena), ERR_USAGE);
	other.force = true;
	shared->made = 0;
	assert_false(killed(dir, &other, -1, -1));
	assert_int_equal(shared->made, N_PROJ + N_FLAT + N_DARK);

	/* angles are options as well */
	angles[3] += 0.01;
	other.force = false;
	assert_int_equal(scan_write_open(&w, &other, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "angles was"));
	angles[3] -= 0.01;
}

static void one_writer_at_a_time(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_DXCHANGE, below("twice"));
	struct scan_writer *first = NULL, *second = NULL;
	bool begun = true;

	(void)state;
	assert_int_equal(scan_write_begun(&plan, &begun, arena), OK);
	assert_false(begun);
	assert_int_equal(scan_write_open(&first, &plan, arena), OK);
	assert_int_equal(scan_write_begun(&plan, &begun, arena), OK);
	assert_true(begun);
	assert_int_equal(scan_write_open(&second, &plan, arena), ERR_USAGE);
	assert_non_null(strstr(error_message(), "another process"));
	plan.force = true;
	assert_int_equal(scan_write_open(&second, &plan, arena), ERR_USAGE);
	assert_int_equal(write_all(first, 0, NULL), OK);
	assert_int_equal(scan_write_close(first), OK);
	plan.force = false;
	assert_int_equal(scan_write_open(&second, &plan, arena), OK);
	assert_int_equal(scan_write_done(second, FRAME_PROJECTION, 0), N_PROJ);
	assert_int_equal(scan_write_done(second, FRAME_DARK, 0), N_DARK);
	assert_int_equal(scan_write_close(second), OK);
}

static void what_is_not_ours_stays(void **state)
{
	struct scan_plan plan = plan_of(LAYOUT_DXCHANGE, below("foreign"));
	const char *path = arena_format(arena, "%s/scan.journal", plan.dir);
	struct scan_writer *w = NULL;
	char text[32] = "";
	FILE *file;

	(void)state;
	assert_int_equal(make_folders(plan.dir), OK);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("my notes\n", file);
	fclose(file);
	for (int force = 0; force < 2; force++) {
		plan.force = force;
		assert_int_equal(scan_write_open(&w, &plan, arena), ERR_USAGE);
		assert_non_null(strstr(error_message(), "not written by this program"));
	}
	file = fopen(path, "r");
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "my notes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_before_each_block),
		cmocka_unit_test(killed_at_any_moment),
		cmocka_unit_test(compressed_frames_begin_again),
		cmocka_unit_test(damaged_frames_are_made_again),
		cmocka_unit_test(other_options_are_refused_unless_forced),
		cmocka_unit_test(one_writer_at_a_time),
		cmocka_unit_test(what_is_not_ours_stays),
	};

	parallel_set_threads(1); /* a pool of threads would not live through fork() */
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
