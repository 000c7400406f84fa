#include "responder/loop_parts.h"

void
loop_queue_add(struct queue *queue, struct connection *c)
{
	c->next = NULL;
	c->prev = queue->last;
	if (queue->last != NULL)
		queue->last->next = c;
	else
		queue->first = c;
	queue->last = c;
}

static void
queue_remove(struct queue *queue, struct connection *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		queue->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		queue->last = c->prev;
	c->prev = NULL;
	c->next = NULL;
}

void
loop_change(struct loop *l, struct connection *c, enum connection_state state)
{
	if (c->state == state)
		return;
	if (c->state == CONNECTION_IDLE)
		queue_remove(&l->idle, c);
	else if (c->state == CONNECTION_PARTIAL)
		queue_remove(&l->partial, c);
	c->state = state;
	switch (state) {
	case CONNECTION_IDLE:
		loop_queue_add(&l->idle, c);
		break;
	case CONNECTION_PARTIAL:
		c->since_us = l->now_us;
		loop_queue_add(&l->partial, c);
		break;
	case CONNECTION_DEAD:
		c->next = l->dead;
		l->dead = c;
		break;
	case CONNECTION_BUSY:
	case N_CONNECTION_STATES:
		break;
	}
}

void
loop_end(struct loop *l, struct connection *c)
{
	connection_close(c);
	loop_change(l, c, CONNECTION_DEAD);
	if (!l->accepting)
		l->accept_at_us = l->now_us;	/* a descriptor is free */
}

void
loop_bury(struct loop *l)
{
	struct connection *next;

	for (struct connection *c = l->dead; c != NULL; c = next) {
		next = c->next;
		connection_free(c);
	}
	l->dead = NULL;
}
