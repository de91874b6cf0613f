/* Lag limits contents, never proposals: heights alone, in chaos and then healed.
 *
 * Blocks of one chain become notarized, then perhaps final; final ones are executed, and executed
 * ones certified, each by each honest member (three, of whom two and the liar are a quorum). A view
 * may end after its block is notarized and before it is final; then only a later block can make it
 * final. Asked: once healed, the first view makes a new block final, and the second at the latest one
 * with contents. -DPROPOSALS_WAIT is the plain rule, that a leader waits until execution has caught
 * up: it stands still for ever.
 */

#ifndef BOUND
#define BOUND 2 /* B of [LAG-2, LAG-3] */
#endif
#define HEIGHTS 7

byte tip;         /* the newest notarized height */
byte final;
byte executed[3]; /* by the honest members */
byte certified;
bit orders;       /* the next proposal has contents, and somebody's batches wait to be ordered */
bit healed;
byte before, views, contents; /* since healing: where it stood, views, blocks with contents */

#define QUORUM_EXECUTED(h) \
    ((executed[0] >= (h)) + (executed[1] >= (h)) + (executed[2] >= (h)) >= 2)
#define MAY_ORDER(c) ((c) + BOUND >= tip + 1) /* [LAG-2] by a leader that holds certificates up to c */
#define MAY_VOTE(m) (!orders || executed[m] + BOUND >= tip + 1) /* [LAG-3] */
#define MAY_ALL_VOTE (MAY_VOTE(0) && MAY_VOTE(1) && MAY_VOTE(2))
#ifdef PROPOSALS_WAIT
#define MAY_PROPOSE(c) MAY_ORDER(c)
#else
#define MAY_PROPOSE(c) true /* [LAG-1] an empty block is always allowed */
#endif

/* Healed: whatever is final is executed and certified before the next view is over. */
inline catch_up() {
    executed[0] = final;
    executed[1] = final;
    executed[2] = final;
    certified = final
}

active proctype Network() {
    byte known; /* the certified height that a leader has heard of; 0 between steps */
    do
    :: atomic { /* A view in chaos; the leader may know of no certificate yet. */
        (!healed && tip < HEIGHTS - 1) ->
        if :: known = certified :: known = 0 fi;
        if :: orders = MAY_ORDER(known) :: orders = 0 fi;
        if
        :: MAY_PROPOSE(known) && MAY_VOTE(0) + MAY_VOTE(1) + MAY_VOTE(2) >= 2 ->
            tip++;
            if :: final = tip :: true fi
        :: else
        fi;
        known = 0;
        orders = 0 }
    :: d_step { (!healed && executed[0] < final) -> executed[0]++ }
    :: d_step { (!healed && executed[1] < final) -> executed[1]++ }
    :: d_step { (!healed && executed[2] < final) -> executed[2]++ }
    :: d_step { (!healed && QUORUM_EXECUTED(certified + 1)) -> certified++ }
    :: d_step { !healed -> healed = 1; before = tip; catch_up() }
    :: d_step { /* A view, healed: an honest leader, contents if they are allowed. */
        (healed && views < 2) ->
        orders = MAY_ORDER(certified);
        if
        :: MAY_PROPOSE(certified) && MAY_ALL_VOTE ->
            tip++;
            final = tip;
            if :: orders -> contents++ :: else fi
        :: else
        fi;
        orders = 0;
        views++;
        catch_up();
        assert(final > before);           /* a new block is final */
        assert(views < 2 || contents > 0) /* and soon one with contents */ }
    :: views == 2 -> break
    od
}
