/* How an epoch's last heights come about: heights alone, in chaos and then healed.
 *
 * As in lag.pml: blocks of one chain become notarized, then perhaps final; final ones are handed to the
 * executor and executed, each by each honest member (three, of whom two and the liar are a quorum).
 * Height FIXING fixes that LAST is the epoch's last, for whoever has executed it. Whoever leads may
 * propose contents at any height, since it may be the liar. Asked: does any block above LAST get
 * contents, or into an executor; and once healed, is LAST final and executed after a view for each
 * height that was left, though nobody has anything to order? epochs.pml says what comes then.
 */

#ifndef BOUND
#define BOUND 2 /* B of [LAG-3, EPOCH-1] */
#endif
#define FIXING 2
#ifdef END_TOO_NEAR
#define LAST (FIXING + BOUND - 2)
#else
#define LAST (FIXING + BOUND) /* [EPOCH-1] */
#endif
#define HEIGHTS (FIXING + BOUND + 2) /* the highest in chaos: two above */
/* A broken rule is named by END_TOO_NEAR, CONTENTS_ABOVE, EXECUTED_ABOVE, NOTHING_ABOVE or
 * IDLE_AT_THE_END. */

byte tip;         /* the newest notarized height */
byte final;
byte executed[3]; /* by the honest members */
byte issued[3];   /* handed to the executor */
bit orders;       /* the next proposal has contents */
bit healed;
byte views;       /* since healing */

#define KNOWS_LAST(m) (executed[m] >= FIXING)
#ifdef CONTENTS_ABOVE
#define IS_ABOVE(m) false
#else
#define IS_ABOVE(m) (KNOWS_LAST(m) && tip + 1 > LAST) /* [EPOCH-3] */
#endif
#ifdef NOTHING_ABOVE
#define MAY_VOTE_EMPTY(m) !(KNOWS_LAST(m) && tip + 1 > LAST)
#else
#define MAY_VOTE_EMPTY(m) true /* [EPOCH-3] empty ones make LAST final */
#endif
#define MAY_VOTE(m) (orders -> executed[m] + BOUND >= tip + 1 && !IS_ABOVE(m) : MAY_VOTE_EMPTY(m))
#define VOTES (MAY_VOTE(0) + MAY_VOTE(1) + MAY_VOTE(2))

#ifdef EXECUTED_ABOVE
#define EXECUTABLE(m) final
#else /* [EPOCH-3] the highest height that is surely of this epoch */
#define EXECUTABLE(m) (KNOWS_LAST(m) -> LAST : executed[m] + BOUND)
#endif

#ifdef IDLE_AT_THE_END
#define HAS_WORK (final < FIXING || tip > final)
#else
#define HAS_WORK (final < LAST) /* [IDLE-1] what fixes the end is due; then its last height */
#endif

inline notarize() {
    tip++;
    assert(!orders || tip <= LAST) /* above the end nothing is ordered */
}

inline issue(m) {
    issued[m]++;
    assert(issued[m] <= LAST) /* nor executed, nor attested */
}

/* Healed: whatever is final is executed before the next view, as far as it may be. */
inline catch_up(m) {
    do
    :: issued[m] < final && issued[m] < EXECUTABLE(m) -> issue(m)
    :: executed[m] < issued[m] -> executed[m]++
    :: else -> break
    od
}

active proctype Network() {
    do
    :: atomic { /* A view in chaos. */
        (!healed && tip < HEIGHTS) ->
        if :: orders = 1 :: true fi;
        if
        :: VOTES >= 2 ->
            notarize();
            if :: final = tip :: true fi
        :: else
        fi;
        orders = 0 }
    :: d_step { (!healed && issued[0] < final && issued[0] < EXECUTABLE(0)) -> issue(0) }
    :: d_step { (!healed && issued[1] < final && issued[1] < EXECUTABLE(1)) -> issue(1) }
    :: d_step { (!healed && issued[2] < final && issued[2] < EXECUTABLE(2)) -> issue(2) }
    :: d_step { (!healed && executed[0] < issued[0]) -> executed[0]++ }
    :: d_step { (!healed && executed[1] < issued[1]) -> executed[1]++ }
    :: d_step { (!healed && executed[2] < issued[2]) -> executed[2]++ }
    :: d_step { /* A crash; no state was synced. */ !healed -> executed[0] = 0; issued[0] = 0 }
    :: d_step { !healed -> executed[1] = 0; issued[1] = 0 }
    :: d_step { !healed -> executed[2] = 0; issued[2] = 0 }
    :: d_step { !healed -> catch_up(0); catch_up(1); catch_up(2); healed = 1 }
    :: d_step { /* A view, healed: an honest leader that has nothing to order. */
        (healed && views < LAST) ->
        if
        :: HAS_WORK && VOTES == 3 -> notarize(); final = tip
        :: else
        fi;
        catch_up(0);
        catch_up(1);
        catch_up(2);
        views++ }
    :: views == LAST ->
        assert(final >= LAST && executed[0] == LAST && executed[1] == LAST && executed[2] == LAST);
        break
    od
}
