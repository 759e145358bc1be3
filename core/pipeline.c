/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	worker_job *job; /* NULL: idle */
	void *argument;
	bool quit;
	enum err code;
	char sentence[2048];
};

static void *worker_loop(void *argument)
{
	struct worker *w = argument;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		enum err e;

		while (!w->job && !w->quit)
			pthread_cond_wait(&w->changed, &w->lock);
		if (!w->job)
			break;
		pthread_mutex_unlock(&w->lock);
		e = w->job(w->argument);
		pthread_mutex_lock(&w->lock);
		if (e != OK && w->code == OK) {
			w->code = e;
			strncpy(w->sentence, error_message(), sizeof(w->sentence) - 1);
		}
		w->job = NULL;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct worker *worker_start(void)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w) {
		pthread_mutex_init(&w->lock, NULL);
		pthread_cond_init(&w->changed, NULL);
		if (pthread_create(&w->thread, NULL, worker_loop, w) == 0)
			return w;
		free(w);
	}
	fail(ERR_RESOURCE, "cannot start a thread");
	return NULL;
}

static enum err wait_idle(struct worker *w)
{
	while (w->job)
		pthread_cond_wait(&w->changed, &w->lock);
	return w->code == OK ? OK : fail(w->code, "%s", w->sentence);
}

enum err worker_wait(struct worker *w)
{
	enum err e;

	pthread_mutex_lock(&w->lock);
	e = wait_idle(w);
	pthread_mutex_unlock(&w->lock);
	return e;
}

enum err worker_submit(struct worker *w, worker_job *job, void *argument)
{
	enum err e;

	pthread_mutex_lock(&w->lock);
	e = wait_idle(w);
	if (e == OK) {
		w->job = job;
		w->argument = argument;
		pthread_cond_broadcast(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return e;
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	wait_idle(w);
	w->quit = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct read_job {
	const struct pipeline *pipeline;
	int64_t item;
};

static enum err read_item(void *argument)
{
	const struct read_job *job = argument;
	const struct pipeline *p = job->pipeline;

	return p->read(p->context, job->item, (int)(job->item % p->buffers));
}

static enum err run_in_turn(const struct pipeline *p)
{
	for (int64_t i = 0; i < p->n; i++) {
		if (p->stop && p->stop())
			return fail(ERR_INTERRUPTED, "interrupted");
		TRY(p->read(p->context, i, 0));
		TRY(p->compute(p->context, i, 0));
	}
	return OK;
}

/* job must outlive the reader: after an error it may still be reading ahead. */
static enum err run_overlapped(
	const struct pipeline *p, struct worker *reader, struct read_job *job)
{
	if (p->n > 0)
		TRY(worker_submit(reader, read_item, job));
	for (int64_t i = 0; i < p->n; i++) {
		TRY(worker_wait(reader));
		if (p->stop && p->stop())
			return fail(ERR_INTERRUPTED, "interrupted");
		job->item = i + 1;
		if (i + 1 < p->n)
			TRY(worker_submit(reader, read_item, job));
		TRY(p->compute(p->context, i, (int)(i % p->buffers)));
	}
	return OK;
}

enum err pipeline_run(const struct pipeline *p)
{
	struct read_job job = {p, 0};
	struct worker *reader;
	enum err e;

	if (p->buffers < 2)
		return run_in_turn(p);
	reader = worker_start();
	NEED(reader);
	e = run_overlapped(p, reader, &job);
	if (e != OK) { /* stopping the reader must not hide the sentence */
		char sentence[2048];

		strncpy(sentence, error_message(), sizeof(sentence) - 1);
		sentence[sizeof(sentence) - 1] = '\0';
		worker_stop(reader);
		return fail(e, "%s", sentence);
	}
	worker_stop(reader);
	return OK;
}
