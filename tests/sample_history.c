#include "sample_history.h"

#define SERVICE "IS" "00112233445566778899aabbccddeeff"
#define OTHER_SERVICE "IS" "ffeeddccbbaa99887766554433221100"
/* The last two digits tell things apart. */
#define SID(prefix, digits) prefix "5ca1ab1e0ddba11c0ffee0000000" "00" digits

#define THING(name, type, word, prefix, digits, unique_name) \
	static const struct thing name = { type, word, SERVICE, \
	    SID(prefix, digits), unique_name }
#define DOCUMENT_THING(name, digits, unique_name) \
	THING(name, "document", "Document", "ET", digits, unique_name)
#define MAP_THING(name, digits, unique_name) \
	THING(name, "map", "Map", "MP", digits, unique_name)
#define LIST_THING(name, digits, unique_name) \
	THING(name, "list", "List", "ES", digits, unique_name)

DOCUMENT_THING(cart, "01", "cart");
DOCUMENT_THING(first_draft, "02", "draft");
DOCUMENT_THING(second_draft, "03", "draft");
DOCUMENT_THING(notes, "04", "notes");
DOCUMENT_THING(big, "05", "big");
DOCUMENT_THING(deep, "06", "deep");
DOCUMENT_THING(twins, "07", "twins");
DOCUMENT_THING(nameless, "08", NULL);
DOCUMENT_THING(stock, "09", "stock");
/* It would make a terminal's title "owned" and its text blink. */
DOCUMENT_THING(nasty, "0a", "lab @ 5\033]2;owned\a\033[5m now");
DOCUMENT_THING(shared_document, "0b", "shared");
MAP_THING(seats, "21", "seats");
MAP_THING(shared_map, "22", "shared");
LIST_THING(todo, "41", "todo");
LIST_THING(old, "42", "old");
static const struct thing presence = { "endpoint", NULL, SERVICE, NULL, NULL };
static const struct thing flags = { "document", "Document", OTHER_SERVICE,
    SID("ET", "0c"), "flags" };

static const struct person alice = { "alice@example.com", "TNa11ce001" };
static const struct person bob = { "bob", "TNb0b00001" };
static const struct person carol = { "carol", "TNca401001" };
static const struct person rest = { "system", NULL };
static const struct person operator = { "operator", NULL };

/* The columns of struct row from about on. */
#define DOCUMENT(about, what, revision, who, data) \
	&(about), what, revision, NULL, &(who), data
#define COLLECTION(about, what, revision, who) \
	&(about), what, revision, NULL, &(who), NULL
#define ITEM(about, what, event_id, item, who, data) \
	&(about), "item_" what, event_id, item, &(who), data
#define CONNECTED(event_id, endpoint, who) \
	&presence, "connected", event_id, endpoint, &(who), "true"
#define DISCONNECTED(event_id, endpoint, who, online) \
	&presence, "disconnected", event_id, endpoint, &(who), online
#define EXPLAINED(gap, who, reason) \
	NULL, NULL, gap, NULL, &(who), reason

const struct row sample_history[] = {
	/* Two identities come; bob is away for 20 s, which is no interruption,
	 * since it is less than a minute. EventIds of an identity have holes
	 * by nature. Reachability has no DateCreated. */
	{ 1, "09:00:00.000", NULL, "baseline",
	    CONNECTED("3", "TNa11ce001", alice) },
	{ 2, "09:00:02.500", NULL, "baseline",
	    CONNECTED("7", "TNb0b00001", bob) },
	{ 3, "09:00:40.000", NULL, "in_order",
	    DISCONNECTED("8", "TNb0b00001", bob, "false") },
	{ 4, "09:01:00.000", NULL, "in_order",
	    CONNECTED("10", "TNb0b00002", bob) },

	/* cart, by three people: revision 4 late, 5 twice, 6 twice with
	 * different contents, 7 and 8 missing. Its numbers pass 10 while the
	 * base is not known. 10 writes 1.0 as 1.00; a key of 11 has what JSON
	 * Pointer escapes. */
	{ 5, "09:01:10.000", NULL, "baseline",
	    DOCUMENT(cart, "created", "0", alice,
	    "{'currency':'EUR','items':[],'note':''}") },
	{ 6, "09:01:25.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "1", alice,
	    "{'currency':'EUR','items':[{'sku':'apple','n':1}],'note':''}") },
	{ 7, "09:01:40.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "2", bob,
	    "{'currency':'EUR','items':[{'sku':'apple','n':1},"
	    "{'sku':'pear','n':2}],'note':''}") },
	{ 8, "09:02:05.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "3", bob,
	    "{'currency':'EUR','items':[{'sku':'apple','n':1},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg'}") },
	{ 9, "09:02:30.000", NULL, "ahead",
	    DOCUMENT(cart, "updated", "5", carol,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg',"
	    "'total':123456789012345678901234567890}") },
	{ 10, "09:02:48.000", "09:02:21.700", "late",
	    DOCUMENT(cart, "updated", "4", alice,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg'}") },
	{ 11, "09:02:50.000", NULL, "duplicate",
	    DOCUMENT(cart, "updated", "5", carol,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg',"
	    "'total':123456789012345678901234567890}") },
	{ 12, "09:03:10.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "6", alice,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg','rate':1.0,"
	    "'total':123456789012345678901234567890}") },
	{ 13, "09:03:12.000", NULL, "conflict",
	    DOCUMENT(cart, "updated", "6", bob,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'pear','n':2}],"
	    "'note':'f\u00fcr J\u00f6rg','rate':1.5,"
	    "'total':123456789012345678901234567890}") },
	{ 14, "09:04:00.000", NULL, "ahead",
	    DOCUMENT(cart, "updated", "9", bob,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'fig','n':6},{'sku':'kiwi','n':12},{'sku':'pear','n':2}],"
	    "'note':'\u6c34 \U0001f34e','rate':1.0,"
	    "'total':123456789012345678901234567890}") },
	{ 15, "09:04:20.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "10", carol,
	    "{'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'kiwi','n':12},{'sku':'pear','n':2}],"
	    "'note':'\u6c34 \U0001f34e','rate':1.00,"
	    "'total':123456789012345678901234567890}") },
	{ 16, "09:05:00.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "11", alice,
	    "{'coupon':{'code':'SPRING','a/b~c':[true,false,null]},"
	    "'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'kiwi','n':12},{'sku':'pear','n':2}],"
	    "'note':null,'rate':1.00,"
	    "'total':123456789012345678901234567890}") },
	{ 17, "09:05:30.000", NULL, "in_order",
	    DOCUMENT(cart, "updated", "12", bob,
	    "{'coupon':{'code':'SPRING','a/b~c':[true,true,null]},"
	    "'currency':'EUR','items':[{'sku':'apple','n':3},"
	    "{'sku':'kiwi','n':11},{'sku':'pear','n':2}],"
	    "'note':null,'rate':1.00,"
	    "'total':123456789012345678901234567891}") },

	/* draft: one that was removed, with a number of its own, and another
	 * of the same name. Revision 2 was written through REST. */
	{ 18, "09:06:00.000", NULL, "baseline",
	    DOCUMENT(first_draft, "created", "0", alice, "{'title':'One'}") },
	{ 19, "09:06:20.000", NULL, "in_order",
	    DOCUMENT(first_draft, "updated", "1", bob,
	    "{'title':'One','body':'Dear all,'}") },
	{ 20, "09:06:40.000", NULL, "in_order",
	    DOCUMENT(first_draft, "updated", "2", rest,
	    "{'title':'Two','body':'Dear all,'}") },
	{ 21, "09:07:00.000", NULL, "in_order",
	    DOCUMENT(first_draft, "removed", "3", alice, NULL) },
	{ 22, "09:07:30.000", NULL, "baseline",
	    DOCUMENT(second_draft, "created", "0", carol,
	    "{'title':'Three'}") },
	{ 23, "09:07:50.000", NULL, "in_order",
	    DOCUMENT(second_draft, "updated", "1", carol,
	    "{'title':'Three','body':'Hello'}") },

	/* notes: revision 1 is not JSON, 2 is missing and explained. */
	{ 24, "09:08:00.000", NULL, "baseline",
	    DOCUMENT(notes, "created", "0", bob, "['milk','bread']") },
	{ 25, "09:08:15.000", NULL, "in_order",
	    DOCUMENT(notes, "updated", "1", bob, "milk, bread,\n\tsoap") },
	{ 26, "09:08:45.000", NULL, "ahead",
	    DOCUMENT(notes, "updated", "3", bob, "['milk','soap']") },
	{ 27, NULL, NULL, NULL,
	    EXPLAINED("416", operator, "the webhook was off for a minute") },

	/* big: the largest that Sync takes, then 5,000 keys, which is more. */
	{ 28, "09:09:00.000", NULL, "baseline",
	    DOCUMENT(big, "created", "0", alice, "@full") },
	{ 29, "09:09:10.000", NULL, "in_order",
	    DOCUMENT(big, "updated", "1", alice, "@keys") },
	{ 30, "09:09:20.000", NULL, "in_order",
	    DOCUMENT(big, "updated", "2", bob, "@other_keys") },

	/* deep: 200 levels; revision 1 has another value in the last. */
	{ 31, "09:09:30.000", NULL, "baseline",
	    DOCUMENT(deep, "created", "0", alice, "@deep") },
	{ 32, "09:09:40.000", NULL, "in_order",
	    DOCUMENT(deep, "updated", "1", carol, "@other_deep") },

	/* twins: keys that occur twice. */
	{ 33, "09:10:00.000", NULL, "baseline",
	    DOCUMENT(twins, "created", "0", alice,
	    "{'a':1,'b':{'x':1,'x':2},'a':2}") },
	{ 34, "09:10:15.000", NULL, "in_order",
	    DOCUMENT(twins, "updated", "1", bob,
	    "{'a':1,'b':{'x':1,'x':2},'a':3}") },

	/* A document without a unique name. The second of its updates has no
	 * usable number, the third a DateCreated that cannot be read. */
	{ 35, "09:10:30.000", NULL, "baseline",
	    DOCUMENT(nameless, "created", "0", rest, "0") },
	{ 36, "09:10:45.000", NULL, "in_order",
	    DOCUMENT(nameless, "updated", "1", rest, "-1.5e300") },
	{ 37, "09:11:00.000", NULL, "unsequenced",
	    DOCUMENT(nameless, "updated", "two", alice, "2") },
	{ 38, "09:11:15.000", "this morning", "in_order",
	    DOCUMENT(nameless, "updated", "2", alice, "true") },

	/* stock: first seen at 25. What came before is not known. */
	{ 39, "09:11:30.000", NULL, "baseline",
	    DOCUMENT(stock, "updated", "25", bob, "{'apple':40,'pear':12}") },
	{ 40, "09:11:45.000", NULL, "in_order",
	    DOCUMENT(stock, "updated", "26", bob, "{'apple':37,'pear':12}") },

	/* A name and a text that a terminal must not get as they are. */
	{ 41, "09:12:00.000", NULL, "baseline",
	    DOCUMENT(nasty, "created", "0", carol,
	    "{'s':'\033[5mblink\\u001b[5m'}") },
	{ 42, "09:12:10.000", NULL, "in_order",
	    DOCUMENT(nasty, "updated", "1", carol,
	    "{'s':'\302\2335m\u202egnp'}") },

	/* A type that is not known. */
	{ 43, "09:12:20.000", NULL, NULL,
	    DOCUMENT(cart, "archived", "12", alice, NULL) },

	/* seats: EventId 4 late, 6 missing; 1B removed, 2A there, and a key
	 * with a blank and a quotation mark. */
	{ 44, "09:13:00.000", NULL, "lifecycle",
	    COLLECTION(seats, "created", "0", alice) },
	{ 45, "09:13:10.000", NULL, "baseline",
	    ITEM(seats, "added", "0", "1A", alice, "{'free':true}") },
	{ 46, "09:13:20.000", NULL, "in_order",
	    ITEM(seats, "added", "1", "1B", alice, "{'free':true}") },
	{ 47, "09:13:30.000", NULL, "in_order",
	    ITEM(seats, "updated", "2", "1A", bob,
	    "{'free':false,'by':'bob'}") },
	{ 48, "09:13:40.000", NULL, "in_order",
	    ITEM(seats, "removed", "3", "1B", alice, NULL) },
	{ 49, "09:13:50.000", NULL, "ahead",
	    ITEM(seats, "added", "5", "2A", alice, "{'free':true}") },
	{ 50, "09:14:30.000", "09:13:45.250", "late",
	    ITEM(seats, "updated", "4", "1A", bob,
	    "{'free':false,'by':'bob','meal':'veg'}") },
	{ 51, "09:14:40.000", NULL, "ahead",
	    ITEM(seats, "updated", "7", "2A", carol,
	    "{'free':false,'by':'carol'}") },
	{ 52, "09:14:50.000", NULL, "in_order",
	    ITEM(seats, "added", "8", "2 \"B\"", carol, "{'free':true}") },

	/* todo: nothing missing; item 1 removed. */
	{ 53, "09:15:00.000", NULL, "lifecycle",
	    COLLECTION(todo, "created", "0", bob) },
	{ 54, "09:15:10.000", NULL, "baseline",
	    ITEM(todo, "added", "0", "0", bob, "{'do':'call','done':false}") },
	{ 55, "09:15:20.000", NULL, "in_order",
	    ITEM(todo, "added", "1", "1", bob, "{'do':'write','done':false}") },
	{ 56, "09:15:30.000", NULL, "in_order",
	    ITEM(todo, "updated", "2", "0", carol,
	    "{'do':'call','done':true}") },
	{ 57, "09:15:40.000", NULL, "in_order",
	    ITEM(todo, "removed", "3", "1", bob, NULL) },
	{ 58, "09:15:50.000", NULL, "in_order",
	    ITEM(todo, "added", "4", "2", alice,
	    "{'do':'rest','done':false}") },

	/* old: a list that was removed. */
	{ 59, "09:16:00.000", NULL, "lifecycle",
	    COLLECTION(old, "created", "0", alice) },
	{ 60, "09:16:10.000", NULL, "baseline",
	    ITEM(old, "added", "0", "0", alice, "'dust'") },
	{ 61, "09:16:20.000", NULL, "lifecycle",
	    COLLECTION(old, "removed", "2", alice) },

	/* shared: a document and a map have this name. */
	{ 62, "09:17:00.000", NULL, "baseline",
	    DOCUMENT(shared_document, "created", "0", bob, "{'n':0}") },
	{ 63, "09:17:10.000", NULL, "in_order",
	    DOCUMENT(shared_document, "updated", "1", bob, "{'n':1}") },
	{ 64, "09:17:20.000", NULL, "lifecycle",
	    COLLECTION(shared_map, "created", "0", bob) },
	{ 65, "09:17:30.000", NULL, "baseline",
	    ITEM(shared_map, "added", "0", "n", bob, "0") },
	{ 66, "09:17:40.000", NULL, "in_order",
	    ITEM(shared_map, "updated", "1", "n", alice, "1") },

	/* flags: of another service. Its third number shows that they are
	 * hexadecimal, which is learned as position 70. */
	{ 67, "09:18:00.000", NULL, "baseline",
	    DOCUMENT(flags, "created", "8", rest, "{'beta':false}") },
	{ 68, "09:18:30.000", NULL, "in_order",
	    DOCUMENT(flags, "updated", "9", rest, "{'beta':true}") },
	{ 69, "09:19:00.000", NULL, "in_order",
	    DOCUMENT(flags, "updated", "a", rest, "{'beta':true,'dark':0}") },
	{ 71, "09:19:30.000", NULL, "in_order",
	    DOCUMENT(flags, "updated", "b", rest, "{'beta':true,'dark':1}") },

	/* bob leaves; alice comes with a second endpoint, and is said to be
	 * offline when she leaves with it, though the first is still there. */
	{ 72, "09:30:00.000", NULL, "in_order",
	    DISCONNECTED("12", "TNb0b00002", bob, "false") },
	{ 73, "09:40:00.000", NULL, "in_order",
	    CONNECTED("4", "TNa11ce002", alice) },
	{ 74, "09:59:59.999", NULL, "in_order",
	    DISCONNECTED("5", "TNa11ce002", alice, "false") },
};

const size_t sample_n_rows =
    sizeof(sample_history) / sizeof(sample_history[0]);
