/*
 * Two-phase commit: a transaction manager and MANAGERS resource managers that vote by messages which are never lost.
 *
 * MANAGERS and EACH_MANAGER(action), which repeats the action for every manager, are defined before this file is
 * included.
 */

#define ALL ((1 << MANAGERS) - 1)
#define BIT(manager) (1 << (manager))

#define WORKING 0
#define PREPARED 1
#define ABORTED 2
#define COMMITTED 3

/* Both are sets of managers: whose vote the transaction manager has seen, and who has sent one. */
unsigned seen : MANAGERS;
unsigned sent : MANAGERS;
/* Whether the transaction manager is done, and what it sent to everyone: ABORTED, COMMITTED, or nothing yet. */
bit done;
unsigned decision : 2;

#define STATE(manager) unsigned state_##manager : 2;
EACH_MANAGER(STATE)

#define ACTIONS(manager) \
    :: d_step { !done && (sent & BIT(manager)) -> seen = seen | BIT(manager) } \
    :: d_step { state_##manager == WORKING -> state_##manager = PREPARED; sent = sent | BIT(manager) } \
    :: d_step { state_##manager == WORKING -> state_##manager = ABORTED } \
    :: d_step { decision == COMMITTED -> state_##manager = COMMITTED } \
    :: d_step { decision == ABORTED -> state_##manager = ABORTED }

active proctype System() {
end:
    do
    :: d_step { !done && seen == ALL -> done = 1; decision = COMMITTED }
    :: d_step { !done -> done = 1; decision = ABORTED }
    EACH_MANAGER(ACTIONS)
    od
}
