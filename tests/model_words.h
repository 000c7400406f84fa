/*
 * model_words -- tests that say literally what they expect: of the journal when
 * Twilio's feed comes in a wrong order, and of the model, which would be of no
 * use if it agreed with anything.
 */
#ifndef TESTS_MODEL_WORDS_H
#define TESTS_MODEL_WORDS_H

/* words_run -- run them all; how many failed. */
int words_run(void);

#endif
