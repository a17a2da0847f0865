/*
 * Two-phase commit: a transaction manager, and MANAGERS resource managers whose messages are never lost or forgotten.
 *
 * The runner defines MANAGERS, and EACH_MANAGER(action) that repeats an action for each manager, with its number.
 * Every alternative is one atomic step, taken from the head of the loop: SPIN stores the distinct states and no others.
 */

#define BIT(manager) (1 << (manager))
#define ALL (BIT(MANAGERS) - 1)

#define WORKING 0
#define PREPARED 1
#define ABORTED 2
#define COMMITTED 3

/* The managers that said that they are prepared, and those of which the transaction manager has heard it. */
unsigned sent : MANAGERS;
unsigned heard : MANAGERS;

/* What the transaction manager told everyone once it is done: ABORTED or COMMITTED. */
bit done;
unsigned decision : 2;

#define DECLARE(manager) \
    unsigned state_##manager : 2;
EACH_MANAGER(DECLARE)

#define ACT(manager) \
    :: d_step { !done && (sent & BIT(manager)) -> heard = heard | BIT(manager) } \
    :: d_step { state_##manager == WORKING -> state_##manager = PREPARED; sent = sent | BIT(manager) } \
    :: d_step { state_##manager == WORKING -> state_##manager = ABORTED } \
    :: d_step { decision == COMMITTED -> state_##manager = COMMITTED } \
    :: d_step { decision == ABORTED -> state_##manager = ABORTED }

active proctype System() {
end:
    do
    :: d_step { !done && heard == ALL -> done = 1; decision = COMMITTED }
    :: d_step { !done -> done = 1; decision = ABORTED }
    EACH_MANAGER(ACT)
    od
}
