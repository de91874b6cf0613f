/* Safety of consensus as built: four members, one of them a liar, a bounded number of views.
 *
 * Rule numbers are those of ../consensus.md; README.md beside this file maps every action to the
 * functions in consensus/ that it stands for, and says what was cut and why that is allowed.
 *
 * What was said is never lost and never "delivered": whoever acts may know any part of it. So every
 * loss, delay, repetition and order of messages is among the runs. The liar says everything at once,
 * to everyone or to some: each of its votes counts wherever that would help, and every block of its
 * views has been proposed. What an honest member decided is first in its memory (own) alone; Sync
 * makes it durable and audible, in that order, which nobody can tell apart here, as hearing may take
 * for ever.
 */

#ifndef VIEWS
#define VIEWS 2 /* 1..3 */
#endif
#ifndef LIAR
#define LIAR 1 /* leads view 1; 0 leads none of the first three */
#endif
#ifndef QUORUM
#define QUORUM 3
#endif
/* A broken rule is named by one of TWO_NOTARIZE, FINALIZE_AFTER_NULLIFY, NULLIFY_AFTER_FINALIZE,
 * GAP_NOT_CHECKED, FORGOTTEN_VIEWS_SIGNED, VOTES_LOST_IN_CRASHES, TWO_LIARS or QUORUM=2, with
 * MUTANT beside it. */

/* Blocks are numbered so that a number says all: 0 is genesis; view v has the numbers FIRST(v) to
 * FIRST(v + 1) - 1, two for every block of a lower view that might be the parent. */
#define FIRST(v) ((v) < 2 -> (v) : ((v) == 2 -> 3 : ((v) == 3 -> 9 : 27)))
#define BLOCKS ((VIEWS) == 1 -> 3 : ((VIEWS) == 2 -> 9 : 27))
#define VIEW(d) ((d) == 0 -> 0 : ((d) < 3 -> 1 : ((d) < 9 -> 2 : 3)))
#define PARENT(d) ((d) == 0 -> 0 : ((d) - FIRST(VIEW(d))) / 2)
#define IS_SECOND(d) (((d) - FIRST(VIEW(d))) % 2)
#define LEADER(v) ((v) % 4)

typedef Votes {
    byte proposed[4];  /* by view: the block, or 0 */
    byte notarized[4];
    byte finalized[4];
    bit nullified[4];
};

Votes own[4];      /* what a member remembers to have signed */
byte view[4];      /* where it stands */
byte floor[4];     /* the view of its newest final block: no signature there or below */
byte final[4];     /* that block */

/* What was said, durable with whoever said it: authors as bits. */
byte P[27];
byte N[27];
byte F[27];
byte X[4];

#define BIT(m) (1 << (m))
#define COUNT(s) (((s) & 1) + (((s) >> 1) & 1) + (((s) >> 2) & 1) + (((s) >> 3) & 1))
#ifdef TWO_LIARS
#define LIARS (BIT(LIAR) | BIT(3))
#else
#define LIARS BIT(LIAR)
#endif
#define LIES(m) ((LIARS >> (m)) & 1)
#define CERTIFIED(s) (COUNT((s) | LIARS) >= QUORUM)
#define NOTARIZED(d) ((d) == 0 || CERTIFIED(N[d]))
#define NULLIFIED(v) CERTIFIED(X[v])
#define FINAL(d) ((d) == 0 || CERTIFIED(F[d]))

#ifdef GAP_NOT_CHECKED
#define SKIPPABLE(from, to) true
#else
#define SKIPPABLE(from, to) /* [SAFE-7] every view between is nullified */ \
    (((from) + 1 >= (to) || NULLIFIED((from) + 1)) && ((from) + 2 >= (to) || NULLIFIED((from) + 2)))
#endif
#define JUSTIFIED(d) (NOTARIZED(PARENT(d)) && SKIPPABLE(VIEW(PARENT(d)), VIEW(d)))

/* The two blocks of one parent and view are alike but for their name: the second is taken only when
 * the first is in use, by anybody. */
#define USED(d) (P[d] || N[d] || HELD(0, d) || HELD(1, d) || HELD(2, d) || HELD(3, d))
#define HELD(m, d) (own[m].notarized[VIEW(d)] == (d) || own[m].proposed[VIEW(d)] == (d))
#define FRESH(d) (!IS_SECOND(d) || USED((d) - 1) || USED(d))

#ifdef FORGOTTEN_VIEWS_SIGNED
#define OPEN(m, v) true
#else
#define OPEN(m, v) ((v) > floor[m]) /* [SAFE-6] */
#endif

#ifdef TWO_PROPOSALS
#define MAY_PROPOSE(m, v) true
#else
#define MAY_PROPOSE(m, v) (own[m].proposed[v] == 0) /* [SAFE-1] */
#endif
#ifdef TWO_NOTARIZE
#define MAY_NOTARIZE(m, d) (own[m].notarized[VIEW(d)] != (d))
#else
#define MAY_NOTARIZE(m, d) (own[m].notarized[VIEW(d)] == 0) /* [SAFE-2] */
#endif
#ifdef FINALIZE_AFTER_NULLIFY
#define MAY_FINALIZE(m, v) (own[m].finalized[v] == 0)
#else
#define MAY_FINALIZE(m, v) (own[m].finalized[v] == 0 && !own[m].nullified[v]) /* [SAFE-3] */
#endif
#ifdef NULLIFY_AFTER_FINALIZE
#define MAY_NULLIFY(m, v) (!own[m].nullified[v])
#else
#define MAY_NULLIFY(m, v) (own[m].finalized[v] == 0 && !own[m].nullified[v]) /* [SAFE-4] */
#endif

byte d;          /* the block that is being looked at */
byte e, v, w, ok; /* within one step; all five are 0 between steps */

/* Sets ok to whether block below is an ancestor of block above, or is it. */
inline descends(above, below) {
    w = above;
    do
    :: VIEW(w) > VIEW(below) -> w = PARENT(w)
    :: else -> break
    od;
    ok = (w == below)
}

#ifndef MUTANT
/* [SAFE-5] and what follows from it, asked of everything that was ever said. */
inline check_views() {
    v = 1;
    do
    :: v > VIEWS -> break
    :: else ->
        d = FIRST(v);
        e = 0; /* the notarized block of v, if one was seen */
        do
        :: d >= FIRST(v + 1) -> break
        :: else ->
            if
            :: NOTARIZED(d) ->
                assert(e == 0);       /* one N a view */
                assert(JUSTIFIED(d)); /* valid ancestry */
                e = d
            :: else
            fi;
            if
            :: FINAL(d) ->
                assert(NOTARIZED(d));
                assert(!NULLIFIED(v)) /* never F and X of one view */
            :: else
            fi;
            d++
        od;
        v++
    od
}

#define BINDING(e) (NOTARIZED(e) || FINAL(e))
#else
/* Of a broken rule a fork is asked for, not what comes before one. */
#define BINDING(e) FINAL(e)
#endif

/* Agreement: every block that is final, or notarized, in the view of a final one or in a later view
 * descends from it. */
inline check_agreement() {
    d = 1;
    do
    :: d >= BLOCKS -> break
    :: else ->
        if
        :: FINAL(d) ->
            e = FIRST(VIEW(d));
            do
            :: e >= BLOCKS -> break
            :: else ->
                if
                :: BINDING(e) -> descends(e, d); assert(ok)
                :: else
                fi;
                e++
            od
        :: else
        fi;
        d++
    od
}

#ifndef MUTANT
/* Honest members never contradict themselves: no two proposals, NOTARIZE or FINALIZE of one view,
 * no FINALIZE beside a NULLIFY ([EVID-1]). */
inline check_honesty(m) {
    v = 1;
    do
    :: v > VIEWS -> break
    :: else ->
        d = FIRST(v);
        e = 0;
        w = 0;
        do
        :: d >= FIRST(v + 1) -> break
        :: else ->
            e = e + ((N[d] >> m) & 1);
            w = w + ((F[d] >> m) & 1);
            d++
        od;
        assert(e <= 1);
        assert(w + ((X[v] >> m) & 1) <= 1);
        d = FIRST(v);
        e = 0;
        do
        :: d >= FIRST(v + 1) -> break
        :: else -> e = e + ((P[d] >> m) & 1); d++
        od;
        assert(e <= 1);
        v++
    od
}
#endif

inline sync(m) {
    v = 1;
    do
    :: v > VIEWS -> break
    :: else ->
        if :: own[m].proposed[v] -> P[own[m].proposed[v]] = P[own[m].proposed[v]] | BIT(m) :: else fi;
        if :: own[m].notarized[v] -> N[own[m].notarized[v]] = N[own[m].notarized[v]] | BIT(m) :: else fi;
        if :: own[m].finalized[v] -> F[own[m].finalized[v]] = F[own[m].finalized[v]] | BIT(m) :: else fi;
        if :: own[m].nullified[v] -> X[v] = X[v] | BIT(m) :: else fi;
        v++
    od;
#ifndef MUTANT
    check_honesty(m);
    check_views();
#endif
    check_agreement();
    d = 0; e = 0; v = 0; w = 0; ok = 0
}

/* [DUR-3] After a restart everything that was said counts again, and nothing else. */
inline crash(m) {
    v = 1;
    view[m] = floor[m] + 1;
    do
    :: v > VIEWS -> break
    :: else ->
        own[m].proposed[v] = 0;
        own[m].notarized[v] = 0;
        own[m].finalized[v] = 0;
        own[m].nullified[v] = 0;
#ifndef VOTES_LOST_IN_CRASHES
        d = FIRST(v);
        e = (X[v] >> m) & 1;
        own[m].nullified[v] = e;
        do
        :: d >= FIRST(v + 1) -> break
        :: else ->
            if :: (P[d] >> m) & 1 -> own[m].proposed[v] = d; e = 1 :: else fi;
            if :: (N[d] >> m) & 1 -> own[m].notarized[v] = d; e = 1 :: else fi;
            if :: (F[d] >> m) & 1 -> own[m].finalized[v] = d; e = 1 :: else fi;
            d++
        od;
        if :: e && v > view[m] -> view[m] = v :: else fi;
#endif
        v++
    od;
    d = 0; e = 0; v = 0; w = 0; ok = 0
}

inline forget(m) {
#ifdef FORGOTTEN_VIEWS_SIGNED
    v = 1;
    do
    :: v > floor[m] -> break
    :: else ->
        own[m].proposed[v] = 0;
        own[m].notarized[v] = 0;
        own[m].finalized[v] = 0;
        own[m].nullified[v] = 0;
        v++
    od;
    v = 0
#else
    skip
#endif
}

/* Sets d to any block of the views from..to of which condition holds, or to BLOCKS if there is
 * none; condition speaks of d. Within atomic. */
#define SKIP_TO(to, condition) \
    do :: (d < FIRST((to) + 1) && !(condition)) -> d++ :: else -> break od; skip
#define ANY_BLOCK(from, to, condition) \
    d_step { d = FIRST(from); SKIP_TO(to, condition) }; \
    do \
    :: (d < FIRST((to) + 1)) -> break \
    :: d_step { (d < FIRST((to) + 1)) -> d++; SKIP_TO(to, condition) } \
    :: (d >= FIRST((to) + 1)) -> d = BLOCKS; break \
    od

#define HEARD(m, d) (LIES(LEADER(VIEW(d))) || P[d] || own[m].proposed[VIEW(d)] == (d))
#define ENDED(d) (NOTARIZED(d) || NULLIFIED(VIEW(d)) || FINAL(d))
#define PROPOSABLE(m, d) (JUSTIFIED(d) && FRESH(d))
#define NOTARIZABLE(m, d) (MAY_NOTARIZE(m, d) && HEARD(m, d) && JUSTIFIED(d) && FRESH(d) \
    && VIEW(PARENT(d)) >= floor[m])
#define FINALIZABLE(m, d) (NOTARIZED(d) && OPEN(m, VIEW(d)) && MAY_FINALIZE(m, VIEW(d)))
#define COMMITTABLE(m, d) (FINAL(d) && VIEW(d) > floor[m])
#define IN_VIEW(m) (view[m] <= VIEWS && OPEN(m, view[m]))
#define UNSAID(m, v) (\
    (own[m].proposed[v] && !((P[own[m].proposed[v]] >> m) & 1)) || \
    (own[m].notarized[v] && !((N[own[m].notarized[v]] >> m) & 1)) || \
    (own[m].finalized[v] && !((F[own[m].finalized[v]] >> m) & 1)) || \
    (own[m].nullified[v] && !((X[v] >> m) & 1)))

/* With SYNC_AT_ONCE what is decided is said in the same step (README.md says why that loses no
 * run); with LATE as well, one member takes its time all the same. */
#ifndef LATE
#define LATE 4
#endif
#ifdef SYNC_AT_ONCE
#define SAY(m) if :: (m) != LATE -> sync(m) :: else fi
#else
#define SAY(m) skip
#endif

#ifndef ANY_VIEW
proctype Member(byte me) {
    do
    :: atomic { /* Enter: a certificate of this view or a later one. */
        (view[me] <= VIEWS) ->
        ANY_BLOCK(view[me], VIEWS, ENDED(d));
        if
        :: d < BLOCKS -> d_step { view[me] = VIEW(d) + 1; d = 0 }
        :: else -> d = 0
        fi }
    :: atomic { /* Propose. */
        (IN_VIEW(me) && LEADER(view[me]) == me && MAY_PROPOSE(me, view[me])) ->
        ANY_BLOCK(view[me], view[me], PROPOSABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].proposed[view[me]] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
    :: atomic { /* Notarize. */
        (IN_VIEW(me)) ->
        ANY_BLOCK(view[me], view[me], NOTARIZABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].notarized[view[me]] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
    :: d_step { /* Nullify: its deadline passed, or its leader's turn is skipped. */
        (IN_VIEW(me) && MAY_NULLIFY(me, view[me])) ->
        own[me].nullified[view[me]] = 1; SAY(me) }
    :: atomic { /* Finalize, in whichever view. */
        ANY_BLOCK(1, VIEWS, FINALIZABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].finalized[VIEW(d)] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
#if !defined(SYNC_AT_ONCE) || LATE < 4
    :: d_step { /* Sync: what was decided becomes durable, then audible. */
        (UNSAID(me, 1) || UNSAID(me, 2) || UNSAID(me, 3)) -> sync(me) }
#endif
    :: atomic { /* Commit. */
        ANY_BLOCK(1, VIEWS, COMMITTABLE(me, d));
        if
        :: d < BLOCKS -> d_step {
            descends(d, final[me]);
            assert(ok); /* as Chain.commit does */
            final[me] = d;
            floor[me] = VIEW(d);
            if :: view[me] <= floor[me] -> view[me] = floor[me] + 1 :: else fi;
            d = 0; w = 0; ok = 0;
            forget(me) }
        :: else -> d = 0
        fi }
    :: d_step { /* Crash; the last state commit was synced. */
        crash(me) }
    :: d_step { /* Crash; no state commit was synced: the journal still holds everything. */
        (floor[me] > 0) -> floor[me] = 0; final[me] = 0; crash(me) }
    od
}
#else
/* Three views: a member acts in any view at any time, as if it stood in all of them and had
 * committed nothing. The last view is only notarized. */
proctype Member(byte me) {
    do
    :: atomic { /* Propose. */
        ANY_BLOCK(1, VIEWS, LEADER(VIEW(d)) == me && MAY_PROPOSE(me, VIEW(d)) && PROPOSABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].proposed[VIEW(d)] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
    :: atomic { /* Notarize. */
        ANY_BLOCK(1, VIEWS, NOTARIZABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].notarized[VIEW(d)] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
    :: d_step { (MAY_NULLIFY(me, 1)) -> own[me].nullified[1] = 1; SAY(me) }
    :: d_step { (VIEWS > 2 && MAY_NULLIFY(me, 2)) -> own[me].nullified[2] = 1; SAY(me) }
    :: atomic { /* Finalize. */
        ANY_BLOCK(1, VIEWS - 1, FINALIZABLE(me, d));
        if
        :: d < BLOCKS -> d_step { own[me].finalized[VIEW(d)] = d; SAY(me); d = 0 }
        :: else -> d = 0
        fi }
    od
}
#endif

init {
    atomic {
        byte m = 0;
        do
        :: (m > 3) -> break
        :: (m <= 3 && LIES(m)) -> m++
        :: else -> view[m] = 1; run Member(m); m++
        od
    }
}
