/*
 * Replication of one partition with leader-epoch fencing (KIP-320): every step between two replicas needs both in the
 * same leader epoch, and who becomes a follower truncates to the end of what its log has in common with the leader's.
 *
 * Defined before this file is included: REPLICAS, LOG_SIZE, RECORDS, MAX_LEADER_EPOCH, and for every replica or offset
 * EACH_REPLICA(action), EACH_FOLLOWER(action, leader), EACH_OFFSET(action, leader, follower), EACH_EPOCH(action, leader).
 * With STRONG_ISR defined, a state in which a member of the quorum's in-sync replicas lacks a committed record is an error.
 */

#define EPOCHS (MAX_LEADER_EPOCH + 1)
#define NONE REPLICAS
#define BIT(replica) (1 << (replica))

/* An epoch is stored one higher, so that 0 is the time before the first. A record holds it in its low four bits. */
#define RECORD(number, epoch) ((number) << 4 | (epoch))
#define EPOCH_OF(record) ((record) & 15)

typedef Replica {
    unsigned log_end_offset : 3;
    unsigned high_watermark : 3;
    unsigned leader_epoch : 4;
    unsigned leader : 3 = NONE;
    unsigned in_sync_replicas : REPLICAS;
    byte log[LOG_SIZE]
};

typedef Quorum {
    unsigned leader_epoch : 4;
    unsigned leader : 3 = NONE;
    unsigned in_sync_replicas : REPLICAS = (1 << REPLICAS) - 1
};

/* What the controller asked for, by epoch. Requests stay, so they can be late, lost, repeated and out of order. */
typedef Request {
    unsigned leader : 3 = NONE;
    unsigned in_sync_replicas : REPLICAS
};

Replica replica[REPLICAS];
Quorum quorum;
Request request[EPOCHS];
byte next_record;
hidden byte common;
