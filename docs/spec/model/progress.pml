/* Progress of consensus as built, once the network is healed: four members, one of them a liar.
 *
 * First chaos: in the views up to CHAOS anything is lost, late or out of order; then, at any moment,
 * the network heals. From then on what honest members said is known to all of them ([LIVE-3, LIVE-4]
 * repeat it), and whatever they can do they do, in a fixed order, before a deadline passes or the liar
 * acts again ([LIVE-7]). The liar does what it likes: it votes or not, proposes one thing, two or
 * nothing, to some or to all.
 *
 * Asked: no state in which honest members are stuck, and every honest member has a new final block
 * before anyone leaves view VIEWS. What a rule says is in safety.pml; a decision is said in the step
 * that takes it, though in chaos perhaps to nobody.
 */

#ifndef CHAOS
#define CHAOS 2
#endif
#ifndef VIEWS
#define VIEWS 4
#endif
#ifndef LIAR
#define LIAR 1
#endif

#define LEADER(v) ((v) % 4)
#define BIT(m) (1 << (m))
#define HAS(s, m) (((s) >> (m)) & 1)
#define COUNT(s) (HAS(s, 0) + HAS(s, 1) + HAS(s, 2) + HAS(s, 3))
#define CERTIFIED(s) (COUNT(s) >= 3)

/* Of a view two proposals are told apart: more cannot gather more votes. By 2 * view + which. */
byte parent[14]; /* the view of the parent, plus one; 0: not proposed */
byte N[14];      /* who is known to have said NOTARIZE of it */
byte X[7];
byte F[7];       /* FINALIZE, of the one proposal that is notarized */
byte saidN[14], saidX[7], saidF[7]; /* what members themselves know that they said */
byte view[4];
byte final[4];   /* the view of the newest final block; what is below it is not signed any more */
bit healed;
byte goal;       /* after healing: final blocks of views above this one are new */

byte p, v, m, best, more; /* within one step; 0 between steps */

#define NOTARIZED(v) ((v) == 0 || CERTIFIED(N[2 * (v)]) || CERTIFIED(N[2 * (v) + 1]))
#define WHICH(v) (CERTIFIED(N[2 * (v) + 1]) -> 1 : 0)
#define NULLIFIED(v) CERTIFIED(X[v])
#define FINAL(v) CERTIFIED(F[v])
#define ENDED(v) (NOTARIZED(v) || NULLIFIED(v) || FINAL(v))
#define SKIP(from, to, w) ((w) <= (from) || (w) >= (to) || NULLIFIED(w))
#define SKIPPABLE(from, to) (SKIP(from, to, 1) && SKIP(from, to, 2) && SKIP(from, to, 3) \
    && SKIP(from, to, 4) && SKIP(from, to, 5))
#define JUSTIFIED(from, to) ((from) < (to) && NOTARIZED(from) && SKIPPABLE(from, to))

#define NOTARIZED_BY(m, v) (HAS(saidN[2 * (v)], m) || HAS(saidN[2 * (v) + 1], m))
#define MAY_FINALIZE(m, v) ((v) > final[m] && !HAS(saidX[v], m) && !HAS(saidF[v], m)) /* [SAFE-3] */
#define MAY_NULLIFY(m, v) ((v) > final[m] && !HAS(saidX[v], m) && !HAS(saidF[v], m))  /* [SAFE-4] */
#define HONEST(m) ((m) != LIAR)

#ifdef N_AFTER_NULLIFY_IGNORED
#define ENTERS(m, v) (NULLIFIED(v) || FINAL(v) || (NOTARIZED(v) && !HAS(saidX[v], m)))
#else
#define ENTERS(m, v) ENDED(v) /* [LIVE-3] */
#endif
#define LAST (healed -> VIEWS : CHAOS) /* the highest view in which anything is done */

#define MAY_ENTER(m, v) (view[m] <= (v) && (v) <= LAST && ENTERS(m, v))
#define MAY_PROPOSE(m) (LEADER(view[m]) == (m) && view[m] <= LAST && view[m] > final[m] \
    && parent[2 * view[m]] == 0)
#define VALID(m, k) (parent[k] && JUSTIFIED(parent[k] - 1, (k) / 2) && parent[k] > final[m])
#define MAY_NOTARIZE(m, k) (view[m] <= LAST && (k) / 2 == view[m] && view[m] > final[m] \
    && !NOTARIZED_BY(m, view[m]) && VALID(m, k))
#define MAY_COMMIT(m, v) (FINAL(v) && (v) > final[m])

/* [LIVE-2] Sets best to 1 + the view that the leader of view v builds upon; 0: it has no parent yet. */
inline parent_for() {
    p = v - 1;
    best = 0;
    do
    :: NOTARIZED(p) -> best = p + 1; break
    :: !NOTARIZED(p) && !NULLIFIED(p) && p != final[m] -> break
    :: !NOTARIZED(p) && p == final[m] -> best = p + 1; break
    :: !NOTARIZED(p) && NULLIFIED(p) && p != final[m] -> p--
    od
}

#define DONE(m) (!HONEST(m) || final[m] > goal)
#define REACHED (DONE(0) && DONE(1) && DONE(2) && DONE(3))

inline say(known, said, who) {
    said = said | BIT(who);
    known = known | BIT(who)
}

/* One member, as Engine._settle does it: enter, finalize, propose, notarize, commit. */
inline act() {
    v = VIEWS;
    do
    :: v < view[m] -> break
    :: else ->
        if
        :: MAY_ENTER(m, v) -> view[m] = v + 1; more = 1; break
        :: else -> v--
        fi
    od;
    v = 1;
    do
    :: v > VIEWS -> break
    :: else ->
        if
        :: NOTARIZED(v) && MAY_FINALIZE(m, v) -> say(F[v], saidF[v], m); more = 1
        :: else
        fi;
        v++
    od;
    v = view[m];
    if
    :: v <= VIEWS ->
        if
        :: MAY_PROPOSE(m) ->
            parent_for();
            if :: best -> parent[2 * v] = best; more = 1 :: else fi
        :: else
        fi;
        if
        :: HONEST(LEADER(v)) && MAY_NOTARIZE(m, 2 * v) -> say(N[2 * v], saidN[2 * v], m); more = 1
        :: else
        fi
    :: else
    fi;
    v = VIEWS;
    do
    :: v <= final[m] -> break
    :: else ->
        if
        :: MAY_COMMIT(m, v) ->
            final[m] = v;
            more = 1;
            if :: view[m] <= v -> view[m] = v + 1 :: else fi;
            break
        :: else -> v--
        fi
    od
}

#define GIVES_UP(m) (HONEST(m) && view[m] <= VIEWS && MAY_NULLIFY(m, view[m]))

/* Healed: all that honest members can do without a deadline. Then either all is reached, or some
 * member's deadline is still to come: else they would wait for ever. */
inline settle() {
    do
    :: healed ->
        more = 0;
        m = 0;
        do
        :: m > 3 -> break
        :: m <= 3 && HONEST(m) -> act(); m++
        :: m <= 3 && !HONEST(m) -> m++
        od;
        if :: more :: else -> break fi
    :: else -> break
    od;
    assert(!healed || REACHED || GIVES_UP(0) || GIVES_UP(1) || GIVES_UP(2) || GIVES_UP(3));
    p = 0; v = 0; m = 0; best = 0; more = 0
}

#ifdef NOTHING_REPEATED
/* What reaches nobody in chaos stays unheard. With repeats this is no run of its own: whoever might
 * know may also not know. */
#define LOST !healed
#else
#define LOST false
#endif
inline whisper(said, who) {
    said = said | BIT(who)
}

inline heal() {
    healed = 1;
    v = 1;
    do
    :: v > VIEWS -> break
    :: else -> if :: FINAL(v) -> goal = v :: else fi; v++
    od;
    settle()
}

proctype Member(byte me) {
    byte k; /* a view or a proposal that is being looked at; 0 between steps */
    do
    :: atomic { /* Enter. */
        (!healed && view[me] <= CHAOS) -> k = view[me];
        do :: (k < CHAOS) -> k++ :: break od;
        if
        :: d_step { MAY_ENTER(me, k) -> view[me] = k + 1; k = 0 }
        :: else -> k = 0
        fi }
    :: atomic { /* Propose: on any block of which it may know. */
        (!healed && MAY_PROPOSE(me)) ->
        k = view[me] - 1;
        do :: (k > 0) -> k-- :: break od;
        if
        :: d_step { (JUSTIFIED(k, view[me]) && k >= final[me]) -> parent[2 * view[me]] = k + 1; k = 0 }
        :: else -> k = 0
        fi }
    :: atomic { /* Notarize; healed, only what the liar shows to it: the rest is done. */
        ((!healed || !HONEST(LEADER(view[me]))) && view[me] <= LAST && view[me] > final[me]
            && !NOTARIZED_BY(me, view[me])) ->
        k = 2 * view[me];
        if :: (!HONEST(LEADER(view[me])) && parent[k]) -> k++ :: true fi; /* alike but for the name */
        if
        :: !HONEST(LEADER(view[me])) && parent[k] == 0 ->
            p = view[me] - 1;
            do :: (p > 0) -> p-- :: break od;
            if :: JUSTIFIED(p, view[me]) -> parent[k] = p + 1; p = 0 :: else -> p = 0 fi
        :: else
        fi;
        if
        :: d_step { MAY_NOTARIZE(me, k) -> say(N[k], saidN[k], me); k = 0; settle() }
        :: d_step { (MAY_NOTARIZE(me, k) && LOST) -> whisper(saidN[k], me); k = 0 }
        :: else -> k = 0
        fi }
    :: d_step { /* Nullify. */
        (view[me] <= LAST && MAY_NULLIFY(me, view[me])) ->
        say(X[view[me]], saidX[view[me]], me); settle() }
    :: d_step {
        (view[me] <= LAST && MAY_NULLIFY(me, view[me]) && LOST) -> whisper(saidX[view[me]], me) }
    :: atomic { /* Finalize. */
        !healed -> k = 1;
        do :: (k < CHAOS) -> k++ :: break od;
        if
        :: d_step { (NOTARIZED(k) && MAY_FINALIZE(me, k)) -> say(F[k], saidF[k], me); k = 0 }
        :: d_step { (NOTARIZED(k) && MAY_FINALIZE(me, k) && LOST) -> whisper(saidF[k], me); k = 0 }
        :: else -> k = 0
        fi }
    :: atomic { /* Commit. */
        !healed -> k = 1;
        do :: (k < CHAOS) -> k++ :: break od;
        if
        :: d_step { MAY_COMMIT(me, k) ->
            final[me] = k;
            if :: view[me] <= k -> view[me] = k + 1 :: else fi;
            k = 0 }
        :: else -> k = 0
        fi }
    od
}

/* The liar completes certificates, or does not. Earlier its votes change nothing. */
proctype Liar() {
    byte k;
    do
    :: atomic {
        k = 1;
        do :: (k < LAST) -> k++ :: break od;
        if
        :: d_step { (COUNT(X[k]) == 2 && !HAS(X[k], LIAR)) ->
            X[k] = X[k] | BIT(LIAR); k = 0; settle() }
        :: d_step { (COUNT(F[k]) == 2 && !HAS(F[k], LIAR)) ->
            F[k] = F[k] | BIT(LIAR); k = 0; settle() }
        :: d_step { (COUNT(N[2 * k]) == 2 && !HAS(N[2 * k], LIAR)) ->
            N[2 * k] = N[2 * k] | BIT(LIAR); k = 0; settle() }
        :: d_step { (COUNT(N[2 * k + 1]) == 2 && !HAS(N[2 * k + 1], LIAR)) ->
            N[2 * k + 1] = N[2 * k + 1] | BIT(LIAR); k = 0; settle() }
        :: else -> k = 0
        fi }
    od
}

proctype Heal() {
    d_step { !healed -> heal() }
}

init {
    atomic {
        byte i = 0;
        do
        :: (i > 3) -> break
        :: (i == LIAR) -> i++
        :: (i <= 3 && i != LIAR) -> view[i] = 1; run Member(i); i++
        od;
        run Liar();
        run Heal()
    }
}
