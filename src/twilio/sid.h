/*
 * sid -- Twilio's identifiers: two letters and 32 hexadecimal digits
 * (Twilio's page "Sync Webhooks": "34 characters long, and always starts
 * with ...").
 */
#ifndef TWILIO_SID_H
#define TWILIO_SID_H

#include <stdbool.h>

#include "base/slice.h"

#define SID_LEN 34

/* sid_valid -- whether sid is prefix (two letters) and 32 digits 0-9a-fA-F. */
bool sid_valid(struct slice sid, const char *prefix);

#endif
