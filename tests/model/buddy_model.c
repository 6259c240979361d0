// SPDX-License-Identifier: MIT
/*
 * buddy_model.c - the page allocator against a bit for each frame
 *
 * CTest: timeout=240
 *
 * Idea. Random calls go to a real machine and to a model that could not be simpler: which frames are free
 * (frames.h), and which blocks we hold. Whatever the allocator does inside, with arrays, free lists,
 * migrate types, deferred sections, the model must agree with what can be seen from outside:
 *
 *	given    a block was free, is aligned, lies in one zone that its flags allow (B5, B6), has count 1
 *	kept     what was written to a block is there until it is freed
 *	fair     a request that may not touch the reserves leaves the watermark (B4); the preferred zone is
 *	         used while it has plenty; NULL only when no allowed zone has a block above its mark
 *	counted  nr_free_pages() is the number of free frames, of every zone, at any time
 *	joined   with the arrays drained, the free lists have the lengths that follow from the free frames
 *	refused  a wrong free is reported, and nothing has changed
 *	silent   and nothing else is reported
 *
 * A step is a number. What it does follows from the seed, the number and the state it meets, so a list of
 * steps that fails can be shortened (shrink.h); the result is played once more, aloud.
 *
 *	PAGODA_SEED=n       play the steps of seed n (printed at the start)
 *	PAGODA_MACHINE=n    on this one of the machines below only
 *	PAGODA_OPS=3,17,25  only these steps, aloud
 *	PAGODA_SOAK=m       go on with new seeds for m minutes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/swap.h>
#include <pagoda/pagoda.h>

#include <errno.h>
#include <time.h>

#include "kernel/panic.h"
#include "misuse.h"
#include "shrink.h"
#include "steps.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static const char *const machines[] = {
	"machine=x86_64 mem=8M",
	"machine=i386 mem=8M nr_cpus=1",
	"machine=i386 mem=19000001 highmem=3333333",
	"machine=x86_64 mem=64M",
	"machine=x86_64 mem=64M numa=2 nr_cpus=4",
	"machine=x86_64 mem=70M numa=3 nr_cpus=2",
	"machine=i386 mem=100M numa=5 highmem=37M nr_cpus=8",
	"machine=i386 mem=1G",
	"machine=x86_64 mem=1G numa=2",
	"machine=x86_64 mem=5G numa=3",
	"machine=i386 mem=5G numa=2",
	"machine=x86_64 mem=40M memmap=3M$5M,100K$8300K,4095$20000001",
	"machine=x86_64 memmap=exactmap memmap=15M@0,24K@16M,24M@4G boot_area=192M@8G",
	"machine=i386 mem=24M highmem=20K",
	"machine=x86_64 mem=48M min_free_kbytes=4000 lowmem_reserve_ratio=4,4,4",
	"machine=i386 mem=40M highmem=12M init_on_alloc=1",
	"machine=i386 mem=40M highmem=12M init_on_free=1 page_poison=1",
};
#define NR_MACHINES ARRAY_SIZE(machines)

/* Long enough for several rounds of filling and emptying; a sanitizer gets as far as the time allows. */
#define STEPS 400000
#define RUN_MS 600
#define MAX_LIST 200			/* longer ones are not printed */

static u64 seed;
static u64 run_ms;			/* most time of the CPU for a run; 0 for one that is repeated */
static u64 shrink_ms = 20000;		/* what is left of the time for shorter lists, of all failures */
static u64 total_steps, total_ms;

/* What this process has used of the CPU: other tests run beside us. */
static u64 cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the play ---- */

struct step {
	void (*take)(void);
	unsigned int weight;
};

static const struct step takes[] = {
	{ step_alloc_pages, 60 }, { step_alloc_pages_node, 14 }, { step_alloc_atomic, 8 },
	{ step_get_free_pages, 8 }, { step_alloc_exact, 5 }, { step_bulk, 5 },
};

static const struct step gives[] = {
	{ step_free_any, 70 }, { step_free_newest, 28 }, { step_free_run, 2 },
};

static const struct step others[] = {
	{ step_split, 200 }, { step_break_exact, 150 }, { step_get_page, 300 }, { step_set_states, 100 },
	{ step_change_cpu, 8 }, { step_drain, 30 }, { step_misuse, 2 }, { step_impossible, 1 },
};

static void step_of(const struct step *steps, size_t nr)
{
	unsigned long sum = 0, chosen;

	for (size_t i = 0; i < nr; i++)
		sum += steps[i].weight;
	chosen = below(sum);
	while (chosen >= steps->weight)
		chosen -= steps++->weight;
	steps->take();
}

static void check_counts(void)
{
	MUST(nr_free_pages() == run.frames.free, "counted: nr_free_pages() is %lu, should be %lu",
	     nr_free_pages(), run.frames.free);
	for (unsigned int i = 0; i < run.frames.nr_zones; i++) {
		const struct frame_zone *zone = &run.frames.zone[i];

		MUST(zone_page_state(zone->zone, NR_FREE_PAGES) == zone->free,
		     "counted: %s of node %d has %lu pages free, should have %lu", zone->zone->name,
		     zone_to_nid(zone->zone), zone_page_state(zone->zone, NR_FREE_PAGES), zone->free);
	}
}

static void take_step(u32 step)
{
	run.step = step;
	run.rng = mix(run.seed ^ mix(step));
	SAY("%u: ", step);
	if (one_in(12))
		step_of(others, ARRAY_SIZE(others));
	else if (below(100) < percent_takes())
		step_of(takes, ARRAY_SIZE(takes));
	else
		step_of(gives, ARRAY_SIZE(gives));
	SAY("\n");
	if (run.play->aloud || one_in(8))
		check_counts();
	if (unlikely(nr_reports() != run.reports))
		broken("silent: a report that nobody asked for");
	if (one_in(max_pfn / 8 + 1000))
		MUST(!pagoda_check(), "pagoda_check()");
}

/* What boot left free must be all that the zones manage, and in no hole of a PC. */
static void check_boot(void)
{
	MUST(run.frames.free == totalram_pages() && nr_free_pages() == totalram_pages(),
	     "boot: %lu pages on the lists, %lu managed, %lu free", run.frames.free, totalram_pages(),
	     nr_free_pages());
	MUST(frame_used(&run.frames, 0), "boot: frame 0 is free");
	check_counts();
	check_free_lists();
	if (strstr(run.play->arg, "exactmap"))
		return;
	MUST(frames_all_used(&run.frames, (640UL << 10) >> PAGE_SHIFT, (384UL << 10) >> PAGE_SHIFT),
	     "boot: video memory is free");
	if (!is_i386() && max_pfn > (4UL << 30) >> PAGE_SHIFT)
		MUST(frames_all_used(&run.frames, (3UL << 30) >> PAGE_SHIFT, (1UL << 30) >> PAGE_SHIFT),
		     "boot: the PCI hole is free");
}

static void start_machine(void)
{
	char cmdline[256];

	snprintf(cmdline, sizeof(cmdline), "%s panic_on_warn=0 loglevel=%d", (char *)run.play->arg,
		 run.play->aloud ? 5 : 0);
	MUST(!pagoda_boot(cmdline), "no boot with %s", cmdline);
	frames_start(&run.frames);
	run.cpu = -1;
	run.reports = nr_reports();
	check_boot();
	run.rng = run.seed;
	for (unsigned int cpu = 0; run.cpu < 0 && cpu < num_online_cpus(); cpu++)
		go_to_cpu(cpu);
}

/* All goes back: the machine is as it was after boot. */
static void end_machine(void)
{
	SAY("the end: everything is freed\n");
	while (run.nr_live)
		free_one(below(run.nr_live));
	check_counts();
	MUST(!pagoda_check(), "pagoda_check() at the end");
	drain_all_pages(NULL);
	check_free_lists();
	for (unsigned int i = 0; i < run.frames.nr_zones; i++)
		for (int order = 0; order < MAX_ORDER; order++)
			MUST(run.frames.zone[i].zone->free_area[order].nr_free ==
			     run.frames.zone[i].boot_blocks[order],
			     "joined: %s has not the blocks of order %d it had after boot",
			     run.frames.zone[i].zone->name, order);
	MUST(run.frames.free == totalram_pages(), "counted: %lu free at the end", run.frames.free);
	MUST(!pagoda_check(), "pagoda_check() at the end, drained");
	MUST(nr_reports() == run.reports, "silent: a report at the end");
	MUST(!pagoda_shutdown(), "pagoda_shutdown() found leaks");
}

static void play_steps(const struct play *play, const u32 *steps, size_t nr)
{
	memset(&run, 0, sizeof(run));
	run.play = play;
	run.seed = seed;
	start_machine();
	for (size_t i = 0; i < nr; i++) {
		play->verdict->done = i + 1;
		if (run_ms && !(i % 64) && cpu_ms() > run_ms)
			break;
		take_step(steps[i]);
	}
	end_machine();
	free(run.live);
	free(run.frames.used);
}

/* ---- tests ---- */

static unsigned int time_scale(void)
{
	return RUNNING_ON_VALGRIND ? 4 : 1;
}

static void print_list(const u32 *steps, size_t nr)
{
	fprintf(stderr, "PAGODA_OPS=");
	for (size_t i = 0; i < nr; i++)
		fprintf(stderr, "%s%u", i ? "," : "", steps[i]);
}

static void print_replay(unsigned int machine)
{
	const char *pagoda = getenv("PAGODA");

	fprintf(stderr, "  %s%s%sPAGODA_SEED=%llu PAGODA_MACHINE=%u ", pagoda ? "PAGODA='" : "",
		pagoda ? pagoda : "", pagoda ? "' " : "", (unsigned long long)seed, machine);
}

/* The shortest list found in the time, played aloud, and how to play it again. */
static void show_short_list(struct play *play, unsigned int machine, u32 *steps, size_t nr)
{
	u64 start = now_ms();

	fprintf(stderr, "  looking for a shorter list of steps ...\n");
	play->timeout_s = 10 + run_ms / 100;
	run_ms = 0;
	nr = shrink(play, steps, nr, shrink_ms);
	play->aloud = true;
	play_fails(play, steps, nr);
	fprintf(stderr, "%s, with %zu steps\n", play->verdict->message, nr);
	if (nr <= MAX_LIST) {
		print_replay(machine);
		print_list(steps, nr);
		fprintf(stderr, " %s\n", program_invocation_name);
	}
	shrink_ms -= min(shrink_ms, now_ms() - start);
}

static void report_failure(struct play *play, unsigned int machine, u32 *steps, size_t nr)
{
	fprintf(stderr, "%s\n  seed %llu, step %u: %s\nto replay it as it was:\n", machines[machine],
		(unsigned long long)seed, play->verdict->done, play->verdict->message);
	print_replay(machine);
	fprintf(stderr, "%s\n", program_invocation_name);
	if (shrink_ms)
		show_short_list(play, machine, steps, nr);
}

static unsigned long from_env(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

static void play_machine(unsigned int machine, u64 ms)
{
	struct play play = { play_steps, (void *)machines[machine], new_verdict(), false, 200 };
	size_t nr = STEPS;
	u32 *steps = malloc(nr * sizeof(*steps));
	u64 start = now_ms();

	assert_non_null(play.verdict);
	for (size_t i = 0; i < nr; i++)
		steps[i] = i;
	run_ms = ms * time_scale();
	if (play_fails(&play, steps, nr)) {
		report_failure(&play, machine, steps, nr);
		fail();
	}
	total_steps += play.verdict->done;
	total_ms += now_ms() - start;
	free(steps);
	munmap(play.verdict, sizeof(*play.verdict));
}

/* "3,17,25" as a list; returns its length. */
static size_t read_list(const char *text, u32 **steps)
{
	size_t nr = 0;

	*steps = malloc((strlen(text) + 1) * sizeof(**steps));
	while (*text) {
		char *end;

		(*steps)[nr++] = strtoul(text, &end, 10);
		text = *end ? end + 1 : end;
	}
	return nr;
}

static void replay_list(unsigned int machine, const char *text)
{
	struct play play = { play_steps, (void *)machines[machine], new_verdict(), true, 200 };
	u32 *steps;
	size_t nr = read_list(text, &steps);

	run_ms = 0;
	if (play_fails(&play, steps, nr))
		fail_msg("%s", play.verdict->message);
	free(steps);
}

static void the_allocator_agrees_with_the_model(void **state)
{
	unsigned int machine = (const char *const *)*state - machines;
	unsigned long minutes = from_env("PAGODA_SOAK", 0);
	u64 end = now_ms() + minutes * 60000 / NR_MACHINES;

	if (getenv("PAGODA_OPS")) {
		replay_list(machine, getenv("PAGODA_OPS"));
		return;
	}
	play_machine(machine, minutes ? 10 * RUN_MS : RUN_MS);
	while (minutes && now_ms() < end) {
		seed = mix(seed);
		play_machine(machine, 10 * RUN_MS);
	}
}

/* A play that fails when steps 17 and 403 are both in it, in this order, and dies rather than tells. */
static void play_fake(const struct play *play, const u32 *steps, size_t nr)
{
	bool seen = false;

	for (size_t i = 0; i < nr; i++) {
		play->verdict->done = i + 1;
		seen |= steps[i] == 17;
		if (seen && steps[i] == 403)
			raise(SIGKILL);
	}
}

static void a_failing_list_is_shortened_to_what_it_takes(void **state)
{
	struct play play = { play_fake, NULL, new_verdict(), false, 60 };
	u32 steps[1000];
	size_t nr;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		steps[i] = i;
	assert_true(play_fails(&play, steps, ARRAY_SIZE(steps)));
	assert_int_equal(play.verdict->done, 404);
	nr = shrink(&play, steps, ARRAY_SIZE(steps), shrink_ms);
	assert_int_equal(nr, 2);
	assert_int_equal(steps[0], 17);
	assert_int_equal(steps[1], 403);
	assert_true(play.verdict->failed);
}

int main(void)
{
	struct CMUnitTest tests[NR_MACHINES + 1];
	unsigned long only = from_env("PAGODA_MACHINE", NR_MACHINES);
	size_t nr = 0;
	int failed;

	seed = from_env("PAGODA_SEED", (unsigned long)(time(NULL) ^ (u64)getpid() << 32));
	fprintf(stderr, "PAGODA_SEED=%llu\n", (unsigned long long)seed);
	tests[nr++] = (struct CMUnitTest)cmocka_unit_test(a_failing_list_is_shortened_to_what_it_takes);
	for (unsigned long i = 0; i < NR_MACHINES; i++)
		if (only >= NR_MACHINES || only == i)
			tests[nr++] = (struct CMUnitTest){ machines[i], the_allocator_agrees_with_the_model,
							   NULL, NULL, (void *)&machines[i] };
	failed = _cmocka_run_group_tests("model", tests, nr, NULL, NULL);
	fprintf(stderr, "%llu steps in %llu ms\n", (unsigned long long)total_steps,
		(unsigned long long)total_ms);
	return failed;
}
