/*
 * Replication of one partition with leader-epoch fencing (KIP-320): two replicas deal with each other only in the same
 * leader epoch, and who becomes a follower cuts its log down to what it has in common with the leader's.
 *
 * The runner defines REPLICAS, LOG_SIZE, RECORDS, MAX_LEADER_EPOCH and STRONG_ISR (whether to check it), and macros
 * that repeat an action with each number: EACH_REPLICA(action), EACH_EPOCH(action, ...), EACH_OFFSET(action, ...) and,
 * for each replica l, EACH_FOLLOWER_OF_l(action, ...). Below, r is any replica, l a leader and f another replica.
 *
 * Every alternative is one atomic step, taken from the head of the loop: SPIN stores the distinct states and no others.
 */

#if REPLICAS > 7 || LOG_SIZE > 7 || RECORDS > 16 || MAX_LEADER_EPOCH > 14
#error "beyond the fields: 7 replicas, 7 offsets, 16 records, leader epoch 14"
#endif

#define EPOCHS (MAX_LEADER_EPOCH + 1)
#define NOBODY REPLICAS

/* Epochs are stored one higher, so that 0 is the time before the first and no record is 0. */
#define RECORD(number, epoch) ((number) << 4 | (epoch))
#define EPOCH_OF(record) ((record) & 15)

#define BIT(r) (1 << (r))
#define HAS(replicas, r) ((replicas) & BIT(r))
#define WITH(replicas, r) ((replicas) | BIT(r))
#define WITHOUT(replicas, r) ((replicas) & ~BIT(r))

/* The log is 0 at its end offset and beyond. */
typedef Replica {
    unsigned log_end_offset : 3;
    unsigned high_watermark : 3;
    unsigned leader_epoch : 4;
    unsigned leader : 3 = NOBODY;
    unsigned in_sync_replicas : REPLICAS;
    byte log[LOG_SIZE]
};

/* The controller's view. */
typedef Quorum {
    unsigned leader_epoch : 4;
    unsigned leader : 3 = NOBODY;
    unsigned in_sync_replicas : REPLICAS = BIT(REPLICAS) - 1
};

/* What the controller asked for in an epoch. It is never taken back, so it may come late, repeatedly or not at all. */
typedef Request {
    unsigned leader : 3 = NOBODY;
    unsigned in_sync_replicas : REPLICAS
};

Replica replica[REPLICAS];
Quorum quorum;
Request request[EPOCHS];
byte next_record;

#define LEADS(r) (replica[r].leader == r)
#define LEADS_FOR_THE_QUORUM(r) \
    (LEADS(r) && quorum.leader == r && quorum.leader_epoch == replica[r].leader_epoch)
#define FOLLOWS(f, l) \
    (replica[f].leader == l && replica[f].leader_epoch == replica[l].leader_epoch)
#define EACH_FOLLOWER(action, l) \
    EACH_FOLLOWER_OF_##l(action, l)

/* Steps of the controller: elect a replica, or take it out of the in-sync replicas. */

#define BUMP(new_leader, new_in_sync_replicas) \
    request[quorum.leader_epoch].leader = new_leader; \
    request[quorum.leader_epoch].in_sync_replicas = new_in_sync_replicas; \
    quorum.leader = new_leader; \
    quorum.in_sync_replicas = new_in_sync_replicas; \
    quorum.leader_epoch++

#define CONTROL(r) \
    :: d_step { quorum.leader_epoch < EPOCHS && quorum.leader != r && HAS(quorum.in_sync_replicas, r) -> \
        BUMP(r, quorum.in_sync_replicas) } \
    :: d_step { quorum.leader_epoch < EPOCHS && quorum.leader != r && HAS(quorum.in_sync_replicas, r) -> \
        BUMP(quorum.leader, WITHOUT(quorum.in_sync_replicas, r)) } \
    :: d_step { quorum.leader_epoch < EPOCHS && quorum.leader == r && quorum.in_sync_replicas == BIT(r) -> \
        BUMP(NOBODY, quorum.in_sync_replicas) } \
    :: d_step { quorum.leader_epoch < EPOCHS && quorum.leader == r && quorum.in_sync_replicas != BIT(r) -> \
        BUMP(NOBODY, WITHOUT(quorum.in_sync_replicas, r)) }

/* Steps of a leader on its own. */

#define BECOME_LEADER(epoch, r) \
    :: d_step { request[epoch].leader == r && replica[r].leader_epoch <= epoch -> \
        replica[r].leader_epoch = epoch + 1; \
        replica[r].leader = r; \
        replica[r].in_sync_replicas = request[epoch].in_sync_replicas }

#define WRITE(r) \
    :: d_step { LEADS(r) && replica[r].log_end_offset < LOG_SIZE && next_record < RECORDS -> \
        replica[r].log[replica[r].log_end_offset] = RECORD(next_record, replica[r].leader_epoch); \
        replica[r].log_end_offset++; \
        next_record++ }

#define AND_LETS_IT_RISE(f, l) \
    && (!HAS(replica[l].in_sync_replicas, f) \
        || FOLLOWS(f, l) && replica[f].log_end_offset > replica[l].high_watermark)

#define RAISE_HIGH_WATERMARK(r) \
    :: d_step { LEADS(r) && replica[r].log_end_offset > replica[r].high_watermark \
            EACH_FOLLOWER(AND_LETS_IT_RISE, r) -> \
        replica[r].high_watermark++ }

/* Steps of a leader with another replica. Expanding is for the leader itself, too: it may have been taken out. */

#define CHANGE_IN_SYNC_REPLICAS(l, new_in_sync_replicas) \
    replica[l].in_sync_replicas = new_in_sync_replicas; \
    quorum.in_sync_replicas = replica[l].in_sync_replicas

#define SHRINK(f, l) \
    :: d_step { LEADS_FOR_THE_QUORUM(l) && HAS(replica[l].in_sync_replicas, f) \
            && (!FOLLOWS(f, l) || replica[f].log_end_offset < replica[l].log_end_offset) -> \
        CHANGE_IN_SYNC_REPLICAS(l, WITHOUT(replica[l].in_sync_replicas, f)) }

#define HIGH_WATERMARK_IS_IN_OWN_EPOCH(l) \
    (replica[l].high_watermark == replica[l].log_end_offset \
        || EPOCH_OF(replica[l].log[replica[l].high_watermark]) == replica[l].leader_epoch)

#define EXPAND(f, l) \
    :: d_step { LEADS_FOR_THE_QUORUM(l) && !HAS(replica[l].in_sync_replicas, f) && FOLLOWS(f, l) \
            && replica[f].log_end_offset >= replica[l].high_watermark && HIGH_WATERMARK_IS_IN_OWN_EPOCH(l) -> \
        CHANGE_IN_SYNC_REPLICAS(l, WITH(replica[l].in_sync_replicas, f)) }

/* Steps of a follower. */

#define LOWER_HIGH_WATERMARK(f, offset) \
    replica[f].high_watermark = (offset < replica[f].log_end_offset -> offset : replica[f].log_end_offset)

#define REPLICATE(f, l) \
    :: d_step { LEADS(l) && FOLLOWS(f, l) && replica[f].log_end_offset < replica[l].log_end_offset -> \
        replica[f].log[replica[f].log_end_offset] = replica[l].log[replica[f].log_end_offset]; \
        replica[f].log_end_offset++; \
        LOWER_HIGH_WATERMARK(f, replica[l].high_watermark) }

#define LAST_RECORD_DIFFERS(f, l) \
    (replica[f].log_end_offset > 0 \
        && replica[f].log[replica[f].log_end_offset - 1] != replica[l].log[replica[f].log_end_offset - 1])

/* An epoch has one request, so the one to follow is that by which the leader leads. */
#define BECOME_FOLLOWER(f, l) \
    :: d_step { LEADS(l) && replica[f].leader_epoch < replica[l].leader_epoch -> \
        do \
        :: LAST_RECORD_DIFFERS(f, l) -> \
            replica[f].log_end_offset--; \
            replica[f].log[replica[f].log_end_offset] = 0 \
        :: else -> break \
        od; \
        LOWER_HIGH_WATERMARK(f, replica[f].high_watermark); \
        replica[f].leader_epoch = replica[l].leader_epoch; \
        replica[f].leader = l; \
        replica[f].in_sync_replicas = request[replica[l].leader_epoch - 1].in_sync_replicas }

#define ACT(r) \
    CONTROL(r) \
    EACH_EPOCH(BECOME_LEADER, r) \
    WRITE(r) \
    RAISE_HIGH_WATERMARK(r) \
    EXPAND(r, r) \
    EACH_FOLLOWER(SHRINK, r) \
    EACH_FOLLOWER(EXPAND, r) \
    EACH_FOLLOWER(REPLICATE, r) \
    EACH_FOLLOWER(BECOME_FOLLOWER, r)

/* StrongIsr: what a leader takes for committed is in the log of every in-sync replica that the quorum knows of. */

#define OR_DIFFERS(offset, f, l) \
    || offset < replica[l].high_watermark && replica[f].log[offset] != replica[l].log[offset]

#define OR_LACKS_COMMITTED(f, l) \
    || HAS(quorum.in_sync_replicas, f) && (false EACH_OFFSET(OR_DIFFERS, f, l))

#define OR_IS_BROKEN(r) \
    || LEADS(r) && replica[r].high_watermark > 0 && (false EACH_FOLLOWER(OR_LACKS_COMMITTED, r))

active proctype System() {
end:
    do
    EACH_REPLICA(ACT)
#if STRONG_ISR
    :: d_step { false EACH_REPLICA(OR_IS_BROKEN) -> assert(false) }
#endif
    od
}
