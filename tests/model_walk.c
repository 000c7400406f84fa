#include "model_walk.h"

#include "model_history.h"

#define NAMES [FIELD_ACCOUNT_SID] = "AC1", [FIELD_SERVICE_SID] = "IS1"

#define DOCUMENT(kind_, revision_, data_) { \
	.type = EVENT_DOCUMENT_##kind_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = "ET0", \
	    [FIELD_IDENTITY] = "ada", [FIELD_REVISION] = revision_, \
	    [FIELD_DATA] = data_ } }
#define COLLECTION(type_, sid_, revision_) { \
	.type = EVENT_##type_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = sid_, \
	    [FIELD_IDENTITY] = "ada", [FIELD_REVISION] = revision_ } }
#define ITEM(type_, sid_, id_, item_, revision_, item_revision_, data_) { \
	.type = EVENT_##type_, \
	.field = { NAMES, [FIELD_OBJECT_SID] = sid_, \
	    [FIELD_IDENTITY] = "ada", [FIELD_EVENT_ID] = id_, \
	    [FIELD_ITEM] = item_, [FIELD_REVISION] = revision_, \
	    [FIELD_ITEM_REVISION] = item_revision_, [FIELD_DATA] = data_ } }
#define LIST(kind_, ...) ITEM(LIST_ITEM_##kind_, "ES0", __VA_ARGS__)
#define MAP(kind_, ...) ITEM(MAP_ITEM_##kind_, "MP0", __VA_ARGS__)
#define ENDPOINT(kind_, id_, endpoint_, online_) { \
	.type = EVENT_ENDPOINT_##kind_, \
	.field = { NAMES, [FIELD_IDENTITY] = "ada", [FIELD_EVENT_ID] = id_, \
	    [FIELD_ENDPOINT_ID] = endpoint_, [FIELD_IS_ONLINE] = online_ } }
#define BASE(value_) { .op = MODEL_SETTING, .value = value_, .swept = true, \
	.field = { [FIELD_SERVICE_SID] = "IS1" } }

static const struct model_step document[] = {
	DOCUMENT(CREATED, "3", "0"),
	DOCUMENT(UPDATED, "5", "1"),
	DOCUMENT(UPDATED, "5", "2"),
	DOCUMENT(UPDATED, "9", "3"),
	DOCUMENT(UPDATED, "a", "4"),
	DOCUMENT(UPDATED, "10", "5"),
	DOCUMENT(REMOVED, "10", NULL),
};

static const struct model_step document_lives[] = {
	DOCUMENT(CREATED, "2", "0"),
	DOCUMENT(CREATED, "7", "1"),
	DOCUMENT(UPDATED, "0", "2"),
	DOCUMENT(UPDATED, "7", "3"),
	DOCUMENT(REMOVED, "7", NULL),
	DOCUMENT(REMOVED, "8", NULL),
	DOCUMENT(REMOVED, "x", NULL),
};

static const struct model_step document_bases[] = {
	DOCUMENT(CREATED, "09", "0"),
	DOCUMENT(UPDATED, "1A", "1"),
	DOCUMENT(UPDATED, "10", "2"),
	DOCUMENT(REMOVED, "12", NULL),
	BASE("decimal"),
	BASE("hex"),
	BASE("auto"),
};

static const struct model_step list[] = {
	LIST(ADDED, "1", "0", "2", "1", "1"),
	LIST(UPDATED, "3", "0", "4", "3", "2"),
	LIST(UPDATED, "3", "0", "4", "3", "3"),
	LIST(REMOVED, "4", "0", "5", NULL, NULL),
	LIST(ADDED, "6", "1", "7", "6", "4"),
	COLLECTION(LIST_CREATED, "ES0", "0"),
	COLLECTION(LIST_REMOVED, "ES0", "8"),
};

static const struct model_step list_revisions[] = {
	LIST(UPDATED, "5", "0", "6", "5", "1"),
	LIST(REMOVED, "6", "0", "7", "3", NULL),
	LIST(UPDATED, "6", "0", "7", NULL, "7"),
	LIST(UPDATED, "7", "0", "6", "4", "2"),
	LIST(ADDED, "8", "0", "9", "2", "3"),
	LIST(UPDATED, "9", "0", "x", "6", "4"),
	LIST(UPDATED, "0", "1", NULL, "7", "5"),
	LIST(UPDATED, "-4", "0", "5", "x", "6"),
};

static const struct model_step map[] = {
	MAP(ADDED, "16", "k0", "11", "10", "1"),
	MAP(UPDATED, "17", "k0", "12", "11", "2"),
	MAP(ADDED, "18", "k1", "13", "12", "3"),
	MAP(UPDATED, "18", "k0", "13", "12", "4"),
	MAP(UPDATED, "20", "k1", "15", "20", "5"),
	COLLECTION(MAP_CREATED, "MP0", "0"),
	COLLECTION(MAP_REMOVED, "MP0", "1f"),
};

static const struct model_step map_lives[] = {
	MAP(ADDED, "1", "k0", "2", "1", "1"),
	MAP(REMOVED, "2", "k0", "3", NULL, NULL),
	MAP(ADDED, "3", "k0", "4", "1", "2"),
	MAP(UPDATED, "3", "k1", "4", "3", "3"),
	MAP(UPDATED, "5", "k0", "4", "2", "4"),
	COLLECTION(MAP_CREATED, "MP0", "0"),
	COLLECTION(MAP_CREATED, "MP0", "1"),
};

static const struct model_step identity[] = {
	ENDPOINT(CONNECTED, "3", "e0", "true"),
	ENDPOINT(DISCONNECTED, "5", "e0", "false"),
	ENDPOINT(DISCONNECTED, "5", "e1", "FALSE"),
	ENDPOINT(CONNECTED, "9", "e1", "True"),
	ENDPOINT(CONNECTED, "7", "e0", "maybe"),
	ENDPOINT(DISCONNECTED, "4", NULL, "false"),
	ENDPOINT(CONNECTED, "x", "e0", "true"),
};

#define ALPHABET(name_, shorter_) { #name_, name_, \
	sizeof(name_) / sizeof(name_[0]), shorter_ }

const struct alphabet alphabets[] = {
	ALPHABET(document, 0),
	ALPHABET(document_lives, 1),
	ALPHABET(document_bases, 1),
	ALPHABET(list, 0),
	ALPHABET(list_revisions, 1),
	ALPHABET(map, 0),
	ALPHABET(map_lives, 1),
	ALPHABET(identity, 0),
};
const size_t n_alphabets = sizeof(alphabets) / sizeof(alphabets[0]);

struct walk {
	struct bench *bench;
	const struct alphabet *alphabet;
	size_t depth;
	struct model_step steps[MODEL_STEPS];
	uint64_t n;
};

static void
walk_from(struct walk *walk, size_t length)
{
	const struct model model = { walk->steps, length + 1 };
	struct why why = { "" };
	size_t k;

	for (k = 0; k < walk->alphabet->n; k++) {
		walk->steps[length] = walk->alphabet->steps[k];
		bench_save(walk->bench);
		if (!bench_step(walk->bench, &walk->steps[length], length + 1,
		    &why) || !bench_compare(walk->bench, &model, BENCH_ALL,
		    &why)) {
			bench_rollback(walk->bench);
			history_fail(walk->bench, &model, &why);
		}
		walk->n++;
		if (length + 1 < walk->depth)
			walk_from(walk, length + 1);
		bench_back(walk->bench);
	}
}

uint64_t
walk_all(struct bench *bench, const struct alphabet *alphabet, size_t depth)
{
	struct walk walk = { .bench = bench, .alphabet = alphabet,
	    .depth = depth };

	if (depth == 0)
		return 0;
	bench_begin(bench);
	walk_from(&walk, 0);
	bench_rollback(bench);
	return walk.n;
}
