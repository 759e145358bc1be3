/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/console.h"

#include "core/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EARLY = 40 };

int console_argc;
char **console_argv;

static bool be_quiet, be_verbose, terminal;
static FILE *log_file;
static volatile sig_atomic_t signals, orderly;

static struct {
	const char *what, *unit;
	int64_t total, done;
	double start, shown;
	bool live; /* a live line is on the terminal */
	bool on;
} progress;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void clear_live_line(void)
{
	if (progress.live)
		fputs("\r\033[K", stderr);
	progress.live = false;
}

/* Lines from before the log file is known are kept for it. */
static struct {
	char text[MAX_EARLY][400];
	int n;
} early;

static void to_log(const char *text)
{
	char stamp[32], line[2200];
	time_t t = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", localtime_r(&t, &tm));
	snprintf(line, sizeof(line), "%s %s", stamp, text);
	if (log_file) {
		fprintf(log_file, "%s\n", line);
		fflush(log_file);
	} else if (early.n < MAX_EARLY) {
		snprintf(early.text[early.n++], sizeof(early.text[0]), "%.399s", line);
	}
}

static void sink(enum log_level level, const char *text)
{
	static const char *const names[] = {"warning: ", "", ""};
	char line[2100];

	snprintf(line, sizeof(line), "%s%s", names[level], text);
	pthread_mutex_lock(&lock);
	if (level != LOG_DEBUG || be_verbose)
		to_log(line);
	if (level == LOG_WARNING || (level == LOG_INFO && !be_quiet) ||
		(level == LOG_DEBUG && be_verbose && !be_quiet)) {
		clear_live_line();
		fprintf(stderr, "tomochron: %s\n", line);
	}
	pthread_mutex_unlock(&lock);
}

void console_start(bool quiet, bool verbose)
{
	be_quiet = quiet;
	be_verbose = verbose;
	terminal = isatty(STDERR_FILENO);
	log_set_sink(sink);
	signal(SIGXFSZ, SIG_IGN); /* a file size limit then shows as EFBIG, with a sentence */
}

enum err console_log_to(const char *path, int argc, char **argv)
{
	char line[4096] = "command:";

	log_file = fopen(path, "a");
	if (!log_file)
		return fail(ERR_USAGE, "%s: cannot write the log: %s", path, strerror(errno));
	for (int i = 0; i < argc; i++) {
		size_t n = strlen(line);

		snprintf(line + n, sizeof(line) - n, " %s", argv[i]);
	}
	to_log(line);
	for (int i = 0; i < early.n; i++)
		fprintf(log_file, "%s\n", early.text[i]);
	early.n = 0;
	return OK;
}

void console_close(void)
{
	log_set_sink(NULL);
	if (log_file)
		fclose(log_file);
	log_file = NULL;
}

static void on_signal(int number)
{
	static const char sentence[] =
		"tomochron: interrupted; the same command goes on or begins again\n";

	if (!orderly) {
		ssize_t written = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);

		(void)written;
		_exit(ERR_INTERRUPTED);
	}
	if (signals++)
		_exit(128 + number);
}

void console_orderly(void)
{
	orderly = 1;
}

void console_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool console_interrupted(void)
{
	return signals > 0;
}

void progress_start(const char *what, const char *unit, int64_t total)
{
	pthread_mutex_lock(&lock);
	progress.what = what;
	progress.unit = unit;
	progress.total = total;
	progress.done = 0;
	progress.start = progress.shown = seconds_now();
	progress.on = true;
	pthread_mutex_unlock(&lock);
}

static void time_text(char *text, size_t size, double seconds)
{
	if (seconds < 100)
		snprintf(text, size, "%.0f s", seconds);
	else if (seconds < 6000)
		snprintf(text, size, "%.0f min", seconds / 60);
	else
		snprintf(text, size, "%.1f h", seconds / 3600);
}

static void show(double t)
{
	char line[256], left[32];
	double elapsed = t - progress.start;
	double rate = elapsed > 0 ? (double)progress.done / elapsed : 0;

	time_text(
		left, sizeof(left), rate > 0 ? (double)(progress.total - progress.done) / rate : 0);
	snprintf(line, sizeof(line), "%s: %lld of %lld %s, %.2f %s/s, %s left", progress.what,
		(long long)progress.done, (long long)progress.total, progress.unit, rate,
		progress.unit, left);
	progress.shown = t;
	if (terminal) {
		fprintf(stderr, "\r\033[K%s", line);
		progress.live = true;
	} else {
		fprintf(stderr, "tomochron: %s\n", line);
		to_log(line);
	}
}

void progress_add(int64_t done)
{
	double t = seconds_now();

	pthread_mutex_lock(&lock);
	progress.done += done;
	if (progress.on && !be_quiet && t - progress.shown > (terminal ? 0.3 : 30))
		show(t);
	pthread_mutex_unlock(&lock);
}

void progress_end(void)
{
	pthread_mutex_lock(&lock);
	clear_live_line();
	progress.on = false;
	pthread_mutex_unlock(&lock);
}
